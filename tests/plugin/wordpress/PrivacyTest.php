<?php

use Alongside\Deletions;
use Alongside\Marks;
use Alongside\PrivacyEraser;
use Alongside\PrivacyExporter;

/** What the shop asks on behalf of a person, and what it tells of things deleted. */
final class PrivacyTest extends PluginTestCase {

	private const VISITOR = '5f0c1f6a9d0e4b7fa1c2d3e4f5061728';

	private function order(): WC_Order {
		$line       = new WC_Order_Item_Product( 12 );
		$line->meta = [ Marks::TOKEN => 'T' ];
		$order      = new WC_Order( [ $line ] );
		$order->update_meta_data( Marks::VISITOR, self::VISITOR );
		return $order;
	}

	public function test_erasing_names_account_address_and_browsers_and_takes_the_marks_off(): void {
		$this->connected();
		World::$orders    = [ $this->order(), new WC_Order() ];
		World::$answers[] = [ 200, '{"erased":2,"certificate":"abcd"}' ];
		$said             = PrivacyEraser::erase( 'anna@shop.example' );
		list( $method, $url, $args ) = World::$asked[0];
		$this->assertSame( 'https://recs.example/api/' . self::KEY . '/privacy/erase', $url );
		$this->assertSame( [ 'customers' => [ '7' ], 'emails' => [ 'anna@shop.example' ], 'visitors' => [ self::VISITOR ] ], json_decode( $args['body'], true ) );
		list( $expires, $signature ) = explode( '.', $args['headers']['Alongside-Signature'] );
		$this->assertSame( hash_hmac( 'sha256', "$method /api/" . self::KEY . "/privacy/erase\n$expires\n$args[body]", 'customer-key-of-the-shop' ), $signature );
		$this->assertTrue( $said['done'] && $said['items_removed'] && ! $said['items_retained'] );
		$this->assertStringContainsString( 'abcd', $said['messages'][0] );
		$this->assertSame( [ [], [] ], [ World::$orders[0]->meta, World::$orders[0]->get_items()[0]->meta ] );
		$this->assertSame( 0, World::$orders[1]->saved, 'an order without marks is left alone' );
	}

	public function test_a_server_that_is_away_keeps_the_marks_for_another_try(): void {
		$this->connected();
		World::$orders    = [ $this->order() ];
		World::$answers[] = new WP_Error( 'http', 'time-out' );
		$said             = PrivacyEraser::erase( 'anna@shop.example' );
		$this->assertTrue( $said['items_retained'] );
		$this->assertSame( self::VISITOR, World::$orders[0]->get_meta( Marks::VISITOR ) );
		$this->assertStringContainsString( 'Run the erasure again', $said['messages'][0] );
	}

	public function test_a_shop_without_a_connection_takes_its_own_marks_off(): void {
		World::$orders = [ $this->order() ];
		$this->assertTrue( PrivacyEraser::erase( 'anna@shop.example' )['items_removed'] );
		$this->assertSame( [], World::$asked );
	}

	public function test_orders_are_walked_in_pages(): void {
		$this->connected();
		World::$orders  = array_map( fn() => $this->order(), range( 1, 60 ) );
		World::$answers = [ [ 200, '{"erased":1}' ], [ 200, '{"erased":0}' ] ];
		$this->assertFalse( PrivacyEraser::erase( 'anna@shop.example', 1 )['done'] );
		$this->assertTrue( PrivacyEraser::erase( 'anna@shop.example', 2 )['done'] );
		$this->assertSame( [], World::$orders[59]->meta );
	}

	public function test_we_erase_before_woocommerce_takes_the_address_off_the_orders(): void {
		$this->assertSame( [ 'alongside', 'woocommerce-customer-orders' ], array_keys( PrivacyEraser::register( [ 'woocommerce-customer-orders' => [] ] ) ) );
	}

	public function test_an_export_is_one_item_for_each_thing_held(): void {
		$this->connected();
		World::$answers[] = [ 200, '{"held":[{"events":[{"type":"click","item":"12","arm":null}],"experiments":[]},{"orders":[{"number":"7","lines":[{"product":"<b>"}]}]}]}' ];
		$told             = PrivacyExporter::export( 'anna@shop.example' );
		$this->assertTrue( $told['done'] );
		$this->assertSame( [ 'alongside-events', 'alongside-orders' ], array_column( $told['data'], 'group_id' ) );
		$this->assertSame( [ [ 'name' => 'type', 'value' => 'click' ], [ 'name' => 'item', 'value' => '12' ] ], $told['data'][0]['data'] );
		$this->assertStringNotContainsString( '<b>', $told['data'][1]['data'][1]['value'] );
		$ids = array_column( $told['data'], 'item_id' );
		$this->assertSame( array_unique( $ids ), $ids );
	}

	public function test_an_export_without_the_server_is_an_error_and_no_half_file(): void {
		$this->connected();
		World::$answers[] = [ 401, '{"detail":"The signature is wrong."}' ];
		$this->assertInstanceOf( WP_Error::class, PrivacyExporter::export( 'anna@shop.example' ) );
	}

	public function test_a_product_deleted_for_good_is_told_once_by_its_webhook(): void {
		$this->connected();
		$own                     = 'https://recs.example/webhooks/woocommerce/' . self::KEY;
		WC_Data_Store::$webhooks = [ new WC_Webhook( 'product.deleted', $own ), new WC_Webhook( 'product.deleted', 'https://other.example/' ), new WC_Webhook( 'order.updated', $own ) ];
		Deletions::of_post( 5 );
		Deletions::of_post( 6 ); // its variation
		Deletions::of_post( 1 ); // a page
		$this->assertSame( [ [ Deletions::HOOK, [ 'product.deleted', 5 ], 'alongside' ] ], World::$queued );
		Deletions::tell( 'product.deleted', 5 );
		$this->assertSame( [ [ 5 ], [], [] ], array_column( WC_Data_Store::$webhooks, 'delivered' ) );
	}

	public function test_a_shop_without_a_connection_tells_nothing(): void {
		Deletions::of_order( 9 );
		$this->assertSame( [], World::$queued );
	}
}
