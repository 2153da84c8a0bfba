<?php
/**
 * WooCommerce's functions.
 */

// phpcs:disable -- one line each

function is_product() { return World::$product > 0; }
function is_product_category() { return false; }
function get_woocommerce_currency() { return 'EUR'; }
function wc_price( $n, $how ) { return '<span>&euro;' . number_format( $n, $how['decimals'] ) . '</span>'; }
function wc_get_product( $id ) { return World::$product ? new WC_Product( $id, 'simple', 12.5 ) : false; }
function wc_get_price_to_display( $p ) { return $p->price; }
function wc_get_orders( $args ) { return array_slice( World::$orders, ( $args['page'] - 1 ) * $args['limit'], $args['limit'] ); }
function wc_get_webhook( $id ) { return WC_Data_Store::$webhooks[ $id ]; }
function woocommerce_output_related_products() { echo '<section class="related">core</section>'; }
function as_enqueue_async_action( $hook, $args, $group ) { World::$queued[] = [ $hook, $args, $group ]; }
function as_has_scheduled_action( $hook, $args, $group ) { return in_array( [ $hook, $args, $group ], World::$queued, true ); }
function get_post_type( $id ) { return [ 5 => 'product', 6 => 'product_variation' ][ $id ] ?? 'post'; }
function wp_get_post_parent_id( $id ) { return 5; }
function WC() {
	return new class() {
		public $cart;
		public function __construct() {
			$this->cart = new class() {
				public function get_cart() { return World::$cart; }
			};
		}
		public function is_rest_api_request() { return World::$rest; }
	};
}
