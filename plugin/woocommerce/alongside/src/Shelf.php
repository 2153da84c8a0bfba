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
		$attributes = [ 'placement' => $placement ] + self::attributes( $said );
		$html       = '<product-shelf';
		foreach ( array_filter( $attributes, 'strlen' ) as $name => $value ) {
			$html .= sprintf( ' %s="%s"', $name, esc_attr( $value ) );
		}
		return "$html></product-shelf>";
	}

	/**
	 * The same in a block of the page, as wide as a block theme's other wide ones.
	 *
	 * @param string                    $placement As above.
	 * @param array<string, string|int> $said      As above.
	 */
	public static function in_a_place( string $placement, array $said = [] ): string {
		$html = self::html( $placement, $said );
		return '' === $html ? '' : "<div class=\"alongside-place alignwide\">$html</div>";
	}

	/**
	 * @param array<string, string|int> $said As `html` takes them.
	 * @return array<string, string>
	 */
	private static function attributes( array $said ): array {
		$said += [
			'cart'    => '',
			'heading' => '',
			'layout'  => '',
			'limit'   => 0,
		];
		$ids   = [];
		foreach ( [ 'product', 'category', 'variant', 'price' ] as $name ) {
			$ids[ $name ] = absint( $said[ $name ] ?? 0 ) ? (string) absint( $said[ $name ] ) : '';
		}
		return $ids + [
			'cart'     => (string) $said['cart'],
			'limit'    => self::limit( $said['limit'] ),
			'heading'  => (string) $said['heading'],
			'layout'   => isset( Choices::layouts()[ $said['layout'] ] ) ? (string) $said['layout'] : Choices::of( 'layout' ),
			'currency' => get_woocommerce_currency(),
		];
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
	 * @param mixed $given A number, or nothing for the merchant's choice.
	 */
	private static function limit( $given ): string {
		$limit = absint( $given ) ? absint( $given ) : absint( Choices::of( 'limit' ) );
		return $limit ? (string) min( 24, $limit ) : '';
	}
}
