<?php
/**
 * The product page: "Customers also bought" in place of core's related products or above them, and
 * the bundle. In place of means beside it, one of the two hidden: core's list is what shoppers see
 * without scripts, in the arm of a split test that has no shelf, and whenever the server is away.
 * Which of the two is seen, assets/related.js and two lines of CSS decide.
 *
 * Classic templates print related products by a hook; block themes by a block.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Product;

defined( 'ABSPATH' ) || exit;

final class ProductPage {

	private const HOOK = 'woocommerce_after_single_product_summary';

	/** More than a few at once nobody buys. */
	private const IN_BUNDLE = 3;

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
		$said = [
			'product' => Shelf::product_of_page(),
			'limit'   => self::IN_BUNDLE,
		];
		echo Shelf::in_a_place( 'bought_together', $said + self::own_part( wc_get_product( $said['product'] ) ) ); // phpcs:ignore -- escaped in Shelf
	}

	public static function above(): void {
		echo Shelf::in_a_place( 'also_bought', [ 'product' => Shelf::product_of_page() ] ); // phpcs:ignore -- escaped in Shelf
	}

	/** Looks at the last moment: WooCommerce takes its list off the hook where a block shows it. */
	public static function in_place(): void {
		if ( remove_action( self::HOOK, 'woocommerce_output_related_products', self::RELATED_AT ) ) {
			ob_start();
			woocommerce_output_related_products();
			echo self::instead_of( (string) ob_get_clean(), '' ); // phpcs:ignore -- core's list, and an escaped element
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
		// A new child of the theme's layout, in the block's place: it has to be as wide.
		$align = (string) ( $block['attrs']['align'] ?? '' );
		return self::instead_of( $html, '' === $align ? '' : "align$align" );
	}

	/**
	 * @param string $core What WooCommerce shows.
	 * @param string $wide Class of a block theme's layout, or an empty text.
	 */
	private static function instead_of( string $core, string $wide ): string {
		Script::need_related();
		return sprintf(
			'<div class="alongside-place alongside-instead %s">%s<div class="alongside-related">%s</div><noscript><style>.alongside-instead>product-shelf{display:none!important}.alongside-related{display:block!important}</style></noscript></div>',
			esc_attr( $wide ),
			Shelf::html( 'also_bought', [ 'product' => Shelf::product_of_page() ] ),
			$core
		);
	}

	/**
	 * With what the page's own product takes part in its bundle: only if it goes into the cart as it is.
	 *
	 * @param mixed $product Whose page this is.
	 */
	private static function own_part( $product ): array {
		if ( ! $product instanceof WC_Product || ! $product->is_type( 'simple' ) || ! $product->is_purchasable() || ! $product->is_in_stock() ) {
			return [];
		}
		$price = (float) wc_get_price_to_display( $product );
		return [
			'variant' => $product->get_id(),
			'price'   => (int) round( $price * 10 ** Figures::decimals( get_woocommerce_currency() ) ),
		];
	}
}
