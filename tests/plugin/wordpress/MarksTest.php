<?php

use Alongside\BlockCheckout;
use Alongside\ClassicCheckout;
use Alongside\Marks;

/** Visitor and token on orders, by both checkouts. */
final class MarksTest extends PluginTestCase {

	private const VISITOR = '5f0c1f6a9d0e4b7fa1c2d3e4f5061728';

	public function strange_visitors(): array {
		return [ [ '' ], [ 'short' ], [ str_repeat( 'a', 65 ) ], [ self::VISITOR . "\n" ], [ 'ab cd ef gh ij kl mn' ], [ "' OR 1=1 -- xxxxxxxx" ], [ [ self::VISITOR ] ], [ null ], [ 12345678901234567 ] ];
	}

	/** @dataProvider strange_visitors */
	public function test_what_has_not_our_form_is_nothing( $given ): void {
		$this->assertSame( '', Marks::visitor( $given ) );
		$order = new WC_Order();
		Marks::put_visitor( $order, $given );
		$this->assertSame( [], $order->meta );
	}

	public function test_tokens_are_printable_and_not_endless(): void {
		$this->assertSame( 'AR8B-_x', Marks::token( 'AR8B-_x' ) );
		foreach ( [ '', 'a b', "a\n", str_repeat( 'a', 513 ), 'ä', [] ] as $strange ) {
			$this->assertSame( '', Marks::token( $strange ) );
		}
	}

	public function test_a_consent_withdrawn_meanwhile_takes_the_mark_off_again(): void {
		$order = new WC_Order();
		Marks::put_visitor( $order, self::VISITOR );
		$this->assertSame( self::VISITOR, $order->get_meta( '_alongside_visitor' ) );
		Marks::put_visitor( $order, '' );
		$this->assertSame( [], $order->meta );
	}

	public function test_the_classic_checkout_has_an_input_for_the_visitor_and_one_for_each_product(): void {
		$this->connected();
		World::$cart = [ 'a' => [ 'product_id' => 12 ], 'b' => [ 'product_id' => 20 ], 'c' => [ 'product_id' => 12 ] ];
		$html        = $this->printed( [ ClassicCheckout::class, 'inputs' ] );
		$this->assertSame( '<input type="hidden" name="alongside_visitor" value=""><input type="hidden" name="alongside_tokens[12]" data-product="12" value=""><input type="hidden" name="alongside_tokens[20]" data-product="20" value="">', $html );
	}

	public function test_the_classic_checkout_marks_order_and_lines(): void {
		$_POST = [ 'alongside_visitor' => self::VISITOR, 'alongside_tokens' => [ 20 => 'TOKEN20', 12 => '' ] ];
		$order = new WC_Order();
		$lines = [ new WC_Order_Item_Product( 12 ), new WC_Order_Item_Product( 20 ) ];
		ClassicCheckout::mark_order( $order );
		array_map( [ ClassicCheckout::class, 'mark_line' ], $lines );
		$this->assertSame( [ '_alongside_visitor' => self::VISITOR ], $order->meta );
		$this->assertSame( [ [], [ '_alongside_token' => 'TOKEN20' ] ], [ $lines[0]->meta, $lines[1]->meta ] );
	}

	public function test_tokens_that_are_no_list_are_nothing(): void {
		$_POST = [ 'alongside_tokens' => 'TOKEN20' ];
		$line  = new WC_Order_Item_Product( 20 );
		ClassicCheckout::mark_line( $line );
		$this->assertSame( [], $line->meta );
	}

	public function test_the_block_checkout_marks_order_and_lines(): void {
		$lines = [ new WC_Order_Item_Product( 12 ), new WC_Order_Item_Product( 20 ), new WC_Order_Item() ];
		$order = new WC_Order( $lines );
		$said  = [ 'alongside' => [ 'visitor' => self::VISITOR, 'tokens' => [ '20' => 'TOKEN20', '99' => 'OTHER' ] ] ];
		BlockCheckout::mark( $order, new WP_REST_Request( 'POST', '', [ 'params' => [ 'extensions' => $said ] ] ) );
		$this->assertSame( self::VISITOR, $order->get_meta( Marks::VISITOR ) );
		$this->assertSame( [], $lines[0]->meta );
		$this->assertSame( [ Marks::TOKEN => 'TOKEN20' ], $lines[1]->meta );
		$this->assertSame( 1, $lines[1]->saved );
	}

	public function test_an_order_of_another_client_of_the_store_api_is_left_alone(): void {
		$order = new WC_Order( [ new WC_Order_Item_Product( 12 ) ] );
		Marks::put_visitor( $order, self::VISITOR );
		BlockCheckout::mark( $order, new WP_REST_Request() );
		$this->assertSame( self::VISITOR, $order->get_meta( Marks::VISITOR ) );
	}
}
