<?php

use Alongside\CartBlock;
use Alongside\ProductPage;
use Alongside\Shelf;
use Alongside\ShelfShortcode;

/** The element in the page: what is said there, and what must never be. */
final class ShelfTest extends PluginTestCase {

	public function test_what_is_typed_cannot_leave_its_attribute(): void {
		$this->connected();
		$html = Shelf::html( 'bestsellers', [ 'heading' => '"><script>alert(1)</script>', 'cart' => '1"onload=x' ] );
		$this->assertStringNotContainsString( '<script', $html );
		$this->assertStringContainsString( 'heading="&quot;&gt;&lt;script&gt;', $html );
		$this->assertStringContainsString( 'cart="1&quot;onload=x"', $html );
	}

	public function test_nothing_is_shown_before_the_shop_is_connected(): void {
		$this->assertSame( '', Shelf::html( 'bestsellers' ) );
		$this->assertSame( '<p>cart</p>', CartBlock::behind( '<p>cart</p>' ) );
	}

	public function test_an_unknown_placement_is_no_shelf(): void {
		$this->connected();
		$this->assertSame( '', Shelf::html( 'nonsense' ) );
		$this->assertSame( '', ShelfShortcode::html( [ 'placement' => 'x" y' ] ) );
	}

	public function test_limits_stay_within_what_the_application_takes(): void {
		$this->connected();
		$this->assertStringContainsString( 'limit="24"', Shelf::html( 'bestsellers', [ 'limit' => '900' ] ) );
		$this->assertStringNotContainsString( 'limit', Shelf::html( 'bestsellers', [ 'limit' => 'many' ] ) );
		$this->chosen( [ 'limit' => '5' ] );
		$this->assertStringContainsString( 'limit="5"', Shelf::html( 'bestsellers' ) );
	}

	public function test_the_page_of_a_shopper_who_is_logged_in_holds_nothing_of_them(): void {
		$this->connected();
		World::$user    = 4711;
		World::$product = 12;
		$html           = Shelf::html( 'also_bought', [ 'product' => 12 ] );
		$this->assertSame( '<product-shelf placement="also_bought" product="12" currency="EUR"></product-shelf>', $html );
		$this->assertContains( 'alongside-account', World::$scripts );
		$this->assertNotContains( 'alongside-shelf', World::$scripts );
	}

	public function test_ids_of_a_cart_are_numbers_each_once_and_not_too_many(): void {
		$this->assertSame( '3,5', Shelf::ids( [ '3', 5, 'x', 3, 0 ] ) );
		$this->assertCount( 50, explode( ',', Shelf::ids( range( 1, 80 ) ) ) );
	}

	public function test_in_place_of_related_products_keeps_them_in_the_page(): void {
		$this->connected();
		World::$product = 12;
		$hook           = 'woocommerce_after_single_product_summary';
		add_action( $hook, 'woocommerce_output_related_products', 20 );
		ProductPage::arrange();
		$html = $this->printed( [ ProductPage::class, 'in_place' ] );
		$this->assertMatchesRegularExpression( '#^<div class="alongside-place alongside-instead ">\s*<product-shelf [^>]*></product-shelf><div class="alongside-related"><section class="related">core</section></div>#', $html );
		$this->assertNotContains( [ 'woocommerce_output_related_products', 20 ], World::$hooks[ $hook ] );
	}

	public function test_a_block_themes_related_products_are_taken_in_their_own_width(): void {
		$this->connected();
		World::$product     = 12;
		World::$block_theme = true;
		$block              = [ 'blockName' => 'woocommerce/product-collection', 'attrs' => [ 'collection' => 'woocommerce/product-collection/related', 'align' => 'wide' ] ];
		$this->assertStringContainsString( '<div class="alongside-place alongside-instead alignwide">', ProductPage::around_block( '<ul>', $block ) );
		$this->assertSame( '<ul>', ProductPage::around_block( '<ul>', [ 'blockName' => 'core/list' ] ) );
		$this->assertSame( '', $this->printed( [ ProductPage::class, 'in_place' ] ), 'the block shows it: once is enough' );
	}

	public function test_a_bundle_has_the_pages_own_product_in_it(): void {
		$this->connected();
		World::$product = 12;
		$this->assertStringContainsString( 'variant="12" price="1250"', $this->printed( [ ProductPage::class, 'bundle' ] ) );
	}
}
