<?php
/**
 * The classic checkout (shortcode): hidden inputs that scripts fill, read when the order is made.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Order;
use WC_Order_Item;
use WC_Order_Item_Product;

defined( 'ABSPATH' ) || exit;

final class ClassicCheckout {

	private const SCRIPT = 'alongside-checkout-form';

	public static function listen(): void {
		// Inside the part that WooCommerce draws anew whenever the cart changes.
		add_action( 'woocommerce_review_order_before_submit', [ self::class, 'inputs' ] );
		add_action( 'wp_enqueue_scripts', [ self::class, 'script' ] );
		add_action( 'woocommerce_checkout_create_order', [ self::class, 'mark_order' ] );
		add_action( 'woocommerce_checkout_create_order_line_item', [ self::class, 'mark_line' ] );
		add_filter( 'woocommerce_hidden_order_itemmeta', [ Marks::class, 'hide' ] );
	}

	public static function script(): void {
		if ( is_checkout() && Connection::known()->stands() ) {
			wp_enqueue_script( self::SCRIPT, plugins_url( 'assets/checkout-form.js', FILE ), [], VERSION, [ 'strategy' => 'defer' ] );
		}
	}

	/** Empty: shelf.js and checkout-form.js know what goes in, if the shopper allows it. */
	public static function inputs(): void {
		$cart = WC()->cart;
		if ( ! Connection::known()->stands() || ! $cart ) {
			return;
		}
		echo '<input type="hidden" name="alongside_visitor" value="">';
		foreach ( array_unique( array_column( $cart->get_cart(), 'product_id' ) ) as $product ) {
			printf( '<input type="hidden" name="alongside_tokens[%1$d]" data-product="%1$d" value="">', absint( $product ) );
		}
	}

	/**
	 * @param WC_Order $order WooCommerce checked the form's nonce, and saves.
	 */
	public static function mark_order( $order ): void {
		if ( self::is_form() ) {
			// phpcs:ignore -- as said; the form of what may stand there is checked in Marks
			Marks::put_visitor( $order, isset( $_POST['alongside_visitor'] ) ? wp_unslash( $_POST['alongside_visitor'] ) : '' );
		}
	}

	/**
	 * @param WC_Order_Item $item Likewise.
	 */
	public static function mark_line( $item ): void {
		if ( self::is_form() && $item instanceof WC_Order_Item_Product ) {
			// phpcs:ignore -- likewise
			Marks::put_token( $item, isset( $_POST['alongside_tokens'] ) ? wp_unslash( $_POST['alongside_tokens'] ) : [] );
		}
	}

	/** The block checkout makes its lines by the same hook, and marks them in its own class. */
	private static function is_form(): bool {
		return ! WC()->is_rest_api_request();
	}
}
