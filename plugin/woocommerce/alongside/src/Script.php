<?php
/**
 * shelf.js in the page: which pages have it, what its tag says, and the place it keeps from the
 * first paint on. The file is the widget's own, shipped in this plugin.
 *
 * @package Alongside
 */

namespace Alongside;

use WP_HTML_Tag_Processor;

defined( 'ABSPATH' ) || exit;

final class Script {

	private const SHELF   = 'alongside-shelf';
	private const RELATED = 'alongside-related';
	private const ACCOUNT = 'alongside-account';
	private const BASKET  = 'alongside-basket';

	/**
	 * As docs/widget.md has it: a shelf's place is kept unless the script is blocked. None is kept for
	 * those that most shoppers have nothing for. The last rule is that of ProductPage.
	 */
	private const PLACE = '.alongside-place{margin-block:2em}product-shelf:is([placement=buy_again],[placement=recently_viewed]):empty{--shelf-height:1px}@supports selector(&){:root:not(.shelf-off) product-shelf:empty{display:block;height:var(--shelf-height,28em)}:root:not(.shelf-off) product-shelf[layout=grid]:empty{--shelf-height:52em}:root:not(.shelf-off) .alongside-instead:not(.alongside-core)>.alongside-related{display:none}}';

	public static function listen(): void {
		add_action( 'wp_enqueue_scripts', [ self::class, 'register' ] );
		add_filter( 'script_loader_tag', [ self::class, 'tag' ], 10, 2 );
	}

	public static function register(): void {
		if ( ! Connection::known()->stands() ) {
			return;
		}
		$early = [
			'strategy'  => 'async',
			'in_footer' => false,
		];
		$late  = [
			'strategy'  => 'defer',
			'in_footer' => false,
		];
		// The version is in the path: shelf-more.js, which shelf.js fetches from beside it, has no query.
		wp_register_script( self::SHELF, self::address_of_shelf(), [], null, $late ); // phpcs:ignore
		wp_register_script( self::ACCOUNT, plugins_url( 'assets/account.js', FILE ), [], VERSION, $early );
		wp_register_script( self::BASKET, plugins_url( 'assets/basket.js', FILE ), [], VERSION, $late );
		wp_register_script( self::RELATED, plugins_url( 'assets/related.js', FILE ), [], VERSION, $late );
		wp_register_style( self::SHELF, false, [], VERSION );
		wp_add_inline_style( self::SHELF, self::PLACE );
		if ( is_woocommerce() || is_cart() || is_checkout() || is_account_page() ) {
			self::need(); // also without a shelf: what is looked at is noted, where consent allows
		}
	}

	/**
	 * The page has a shelf. Block themes draw the page before `register` has run: WordPress remembers
	 * what was asked for until then, and forgets it where there is no head (a feed, the editor).
	 */
	public static function need(): void {
		wp_enqueue_style( self::SHELF );
		wp_enqueue_script( self::BASKET );
		// Logged-in shoppers get shelf.js from account.js, after it has fetched their signed id: in
		// the page itself it would be cached. That somebody is logged in is all the page shows.
		wp_enqueue_script( is_user_logged_in() ? self::ACCOUNT : self::SHELF );
	}

	/** The product page has both lists. */
	public static function need_related(): void {
		wp_enqueue_script( self::RELATED );
	}

	/**
	 * @param string $tag    The whole tag.
	 * @param string $handle Whose.
	 */
	public static function tag( $tag, $handle ): string {
		if ( self::SHELF === $handle ) {
			return self::with( $tag, self::attributes() );
		}
		if ( self::ACCOUNT === $handle ) {
			$shelf = [
				'src'   => self::address_of_shelf(),
				'says'  => self::attributes(),
				'route' => rest_url( CustomerRoute::SPACE . CustomerRoute::PATH ),
			];
			return self::with( $tag, [ 'data-alongside-account' => (string) wp_json_encode( $shelf ) ] );
		}
		if ( self::BASKET === $handle ) {
			return self::with( $tag, [ 'data-alongside-cart' => rest_url( 'wc/store/v1/cart' ) ] );
		}
		return $tag;
	}

	/**
	 * What shelf.js reads of its tag (docs/widget.md).
	 *
	 * @return array<string, string>
	 */
	private static function attributes(): array {
		$known   = Connection::known();
		$product = Shelf::product_of_page();
		$said    = [
			'data-key'     => $known->public_key,
			'data-api'     => Choices::yes( 'relay' ) ? RelayRoute::address() : $known->base_url,
			'data-consent' => Choices::of( 'consent' ),
			'data-product' => $product ? (string) $product : '',
			'data-texts'   => Texts::json(),
			// When something blocks the script, the places kept for shelves are given back.
			'onerror'      => "document.documentElement.classList.add('shelf-off')",
		];
		return array_filter( $said, 'strlen' );
	}

	private static function address_of_shelf(): string {
		return plugins_url( 'assets/' . VERSION . '/shelf.js', FILE );
	}

	private static function with( string $tag, array $attributes ): string {
		$tags = new WP_HTML_Tag_Processor( $tag );
		while ( $tags->next_tag( 'script' ) ) {
			if ( null !== $tags->get_attribute( 'src' ) ) {
				foreach ( $attributes as $name => $value ) {
					$tags->set_attribute( $name, $value );
				}
				break;
			}
		}
		return $tags->get_updated_html();
	}
}
