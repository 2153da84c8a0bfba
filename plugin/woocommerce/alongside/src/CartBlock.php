<?php
/**
 * The cart as a block (what new shops have): none of the classic cart's hooks fires in it, so the
 * shelf is put behind the block itself, where React, which draws the block, does not reach.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class CartBlock {

	public static function listen(): void {
		add_filter( 'render_block_woocommerce/cart', [ self::class, 'behind' ] );
	}

	/**
	 * @param string $html What the block made.
	 */
	public static function behind( $html ): string {
		if ( ! Choices::yes( 'cart' ) || is_admin() ) {
			return (string) $html;
		}
		$cart = Placements::in_cart();
		// An empty cart has nothing to go with.
		return $html . ( '' === $cart ? Shelf::in_a_place( 'you_might_like' ) : Shelf::in_a_place( 'cart', [ 'cart' => $cart ] ) );
	}
}
