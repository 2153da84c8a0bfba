<?php
/**
 * Shelves on pages that WooCommerce builds from templates with hooks: cart (the classic one), thank
 * you, shop and categories, my account. The product page and the cart block have their own classes.
 * Block themes fire the same hooks, but not those of the cart.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Order;

defined( 'ABSPATH' ) || exit;

final class Placements {

	public static function listen(): void {
		add_action( 'woocommerce_after_cart', [ self::class, 'cart' ] );
		add_action( 'woocommerce_cart_is_empty', [ self::class, 'empty_cart' ], 20 );
		add_action( 'woocommerce_thankyou', [ self::class, 'thanks' ], 20 );
		add_action( 'woocommerce_after_shop_loop', [ self::class, 'listing' ], 20 );
		add_action( 'woocommerce_account_dashboard', [ self::class, 'account' ], 20 );
	}

	public static function cart(): void {
		if ( Choices::yes( 'cart' ) ) {
			self::show( 'cart', [ 'cart' => self::in_cart() ] );
		}
	}

	public static function empty_cart(): void {
		if ( Choices::yes( 'cart' ) ) {
			self::show( 'you_might_like' );
		}
	}

	/**
	 * @param int $order_id The order just made.
	 */
	public static function thanks( $order_id ): void {
		$order = wc_get_order( $order_id );
		if ( Choices::yes( 'thanks' ) && $order instanceof WC_Order ) {
			$bought = [];
			foreach ( $order->get_items() as $item ) {
				$bought[] = $item->get_product_id();
			}
			self::show(
				'cart',
				[
					'cart'    => Shelf::ids( $bought ),
					'heading' => __( 'Goes well with your order', 'alongside' ),
				]
			);
		}
	}

	public static function listing(): void {
		if ( Choices::yes( 'listing' ) ) {
			self::show( 'bestsellers', [ 'category' => is_product_category() ? get_queried_object_id() : 0 ] );
		}
	}

	public static function account(): void {
		if ( Choices::yes( 'account' ) ) {
			self::show( 'buy_again' );
		}
	}

	/** Ids of the products in the cart. Only for pages that no cache keeps: cart and checkout. */
	public static function in_cart(): string {
		$cart = WC()->cart;
		return $cart ? Shelf::ids( array_column( $cart->get_cart(), 'product_id' ) ) : '';
	}

	private static function show( string $placement, array $said = [] ): void {
		echo Shelf::in_a_place( $placement, $said ); // phpcs:ignore -- escaped there, attribute by attribute
	}
}
