<?php
/**
 * A shelf in a page: the element that shelf.js fills. Everything in it is the same for every
 * visitor, so a page with it may be cached for all; arm, visitor and customer come later, in the
 * browser.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Shelf {

	/**
	 * The element, and whatever it needs in the page's head.
	 *
	 * @param string                    $placement One of Choices::placements().
	 * @param array<string, string|int> $said      More attributes: product, category, cart, limit, heading, layout, and of a bundle variant and price.
	 */
	public static function html( string $placement, array $said = [] ): string {
		if ( ! Connection::known()->stands() || ! isset( Choices::placements()[ $placement ] ) ) {
			return '';
		}
		Script::need();
		$layout     = (string) ( $said['layout'] ?? '' );
		$layouts    = Choices::layouts();
		$attributes = [
			'placement' => $placement,
			'product'   => self::id( $said['product'] ?? 0 ),
			'category'  => self::id( $said['category'] ?? 0 ),
			'cart'      => (string) ( $said['cart'] ?? '' ),
			'limit'     => (string) self::limit( $said['limit'] ?? 0 ),
			'heading'   => (string) ( $said['heading'] ?? '' ),
			'layout'    => isset( $layouts[ $layout ] ) ? $layout : Choices::of( 'layout' ),
			'currency'  => get_woocommerce_currency(),
			'variant'   => self::id( $said['variant'] ?? 0 ),
			'price'     => self::id( $said['price'] ?? 0 ),
		];
		$html = '<product-shelf';
		foreach ( array_filter( $attributes, 'strlen' ) as $name => $value ) {
			$html .= sprintf( ' %s="%s"', $name, esc_attr( $value ) );
		}
		return "$html></product-shelf>";
	}

	/**
	 * Ids for the attribute `cart`, at most as many as are asked for.
	 *
	 * @param array $ids Of products.
	 */
	public static function ids( array $ids ): string {
		$found = array_filter( array_unique( array_map( 'absint', $ids ) ) );
		return implode( ',', array_slice( $found, 0, 50 ) );
	}

	/**
	 * The product whose page this is, or 0. The global `$product` may be any of a list.
	 */
	public static function product_of_page(): int {
		return is_product() ? (int) get_queried_object_id() : 0;
	}

	/**
	 * @param mixed $given A whole number or nothing.
	 */
	private static function id( $given ): string {
		$id = absint( $given );
		return $id ? (string) $id : '';
	}

	/**
	 * @param mixed $given A number, or nothing for the merchant's choice.
	 */
	private static function limit( $given ): int {
		$limit = absint( $given );
		return $limit ? min( 24, $limit ) : max( 1, min( 24, (int) Choices::of( 'limit' ) ) );
	}
}
