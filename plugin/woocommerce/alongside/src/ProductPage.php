<?php
/**
 * The product page: "Customers also bought" in place of core's related products or above them, and
 * the bundle. In place of means around: core's list stands inside our element, is what shoppers see
 * without scripts, in a test's control arm without a shelf, and whenever the server is away.
 *
 * Classic templates print related products by a hook; block themes by a block.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class ProductPage {

	private const HOOK = 'woocommerce_after_single_product_summary';

	/** Between tabs (10), upsells (15) and related products (20). */
	private const BUNDLE_AT   = 12;
	private const ABOVE_AT    = 18;
	private const IN_PLACE_AT = 19;
	private const RELATED_AT  = 20;

	public static function listen(): void {
		add_action( 'wp', [ self::class, 'arrange' ] );
	}

	/** Once it is known which page this is. */
	public static function arrange(): void {
		if ( ! is_product() || ! Connection::known()->stands() ) {
			return;
		}
		if ( Choices::yes( 'bundle' ) ) {
			add_action( self::HOOK, [ self::class, 'bundle' ], self::BUNDLE_AT );
		}
		$where = Choices::of( 'product' );
		if ( 'beside' === $where ) {
			add_action( self::HOOK, [ self::class, 'above' ], self::ABOVE_AT );
		}
		if ( 'instead' === $where ) {
			add_action( self::HOOK, [ self::class, 'in_place' ], self::IN_PLACE_AT );
			add_filter( 'render_block', [ self::class, 'around_block' ], 10, 2 );
		}
	}

	public static function bundle(): void {
		self::show( 'bought_together' );
	}

	public static function above(): void {
		self::show( 'also_bought' );
	}

	/** Looks at the last moment: WooCommerce takes its list off the hook where a block shows it. */
	public static function in_place(): void {
		if ( remove_action( self::HOOK, 'woocommerce_output_related_products', self::RELATED_AT ) ) {
			ob_start();
			woocommerce_output_related_products();
			self::show( 'also_bought', (string) ob_get_clean() );
		} elseif ( ! wp_is_block_theme() ) {
			self::above(); // the theme prints related products in its own way, or not at all
		}
	}

	/**
	 * @param string $html  What the block made.
	 * @param array  $block Its name and attributes.
	 */
	public static function around_block( $html, $block ): string {
		$html    = (string) $html;
		$name    = $block['blockName'] ?? '';
		$related = 'woocommerce/related-products' === $name
			|| ( 'woocommerce/product-collection' === $name && 'woocommerce/product-collection/related' === ( $block['attrs']['collection'] ?? '' ) );
		if ( ! $related ) {
			return $html;
		}
		// Our element becomes the child of the theme's layout in the block's place, so it has to be as wide.
		$wide = preg_match( '/\balign(wide|full)\b/', substr( $html, 0, 500 ), $found ) ? "align$found[1]" : '';
		return self::element( 'also_bought', $html, $wide );
	}

	private static function show( string $placement, string $inner = '' ): void {
		echo self::element( $placement, $inner ); // phpcs:ignore -- escaped in Shelf; the list is core's
	}

	private static function element( string $placement, string $inner = '', string $wide = '' ): string {
		$html = Shelf::html( $placement, [ 'product' => Shelf::product_of_page() ], $inner );
		return '' === $wide ? $html : sprintf( '<div class="%s">%s</div>', esc_attr( $wide ), $html );
	}
}
