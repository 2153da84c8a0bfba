<?php
/**
 * The table of contents: which class listens to what. Nothing else is decided here.
 *
 * @package Alongside
 */

namespace Alongside;

use Automattic\WooCommerce\Utilities\FeaturesUtil;

defined( 'ABSPATH' ) || exit;

final class Plugin {

	/** Orders are read and written through WooCommerce's own objects, wherever they are stored. */
	public static function declare_compatibility(): void {
		foreach ( [ 'custom_order_tables', 'cart_checkout_blocks' ] as $feature ) {
			FeaturesUtil::declare_compatibility( $feature, FILE, true );
		}
	}

	public static function start(): void {
		add_action( 'init', [ self::class, 'load_words' ] );

		// The merchant's side.
		add_filter( 'woocommerce_integrations', [ self::class, 'add_settings' ] );
		add_filter( 'plugin_action_links_' . plugin_basename( FILE ), [ self::class, 'add_link' ] );
		add_action( 'admin_init', [ Connect::class, 'come_back' ] );
		add_action( 'woocommerce_settings_start', [ Connect::class, 'tell' ] );
		ReportPage::listen();
		Deletions::listen();

		// Where shelves stand.
		Script::listen();
		add_action( 'init', [ ShelfBlock::class, 'register' ] );
		add_shortcode( ShelfShortcode::NAME, [ ShelfShortcode::class, 'html' ] );
		add_action( 'widgets_init', [ ShelfWidget::class, 'register' ] );
		Placements::listen();
		ProductPage::listen();
		CartBlock::listen();

		// From page to order.
		ClassicCheckout::listen();
		BlockCheckout::listen();

		// What browsers ask the shop itself.
		add_action( 'rest_api_init', [ CustomerRoute::class, 'register' ] );
		add_action( 'rest_api_init', [ RelayRoute::class, 'register' ] );

		// What shoppers may ask of the shop.
		Consent::listen();
		add_action( 'admin_init', [ PrivacyText::class, 'suggest' ] );
		add_filter( 'wp_privacy_personal_data_exporters', [ PrivacyExporter::class, 'register' ] );
		add_filter( 'wp_privacy_personal_data_erasers', [ PrivacyEraser::class, 'register' ], PHP_INT_MAX );
	}

	/** The translations that came with the plugin; those of wordpress.org come first by themselves. */
	public static function load_words(): void {
		load_plugin_textdomain( 'alongside', false, dirname( plugin_basename( FILE ) ) . '/languages' );
	}

	/**
	 * @param string[] $integrations Class names.
	 * @return string[]
	 */
	public static function add_settings( array $integrations ): array {
		$integrations[] = Settings::class;
		return $integrations;
	}

	/**
	 * @param string[] $links Those under the plugin's name in the list of plugins.
	 * @return string[]
	 */
	public static function add_link( array $links ): array {
		$link = sprintf( '<a href="%s">%s</a>', esc_url( Settings::address() ), esc_html__( 'Settings', 'alongside' ) );
		return array_merge( [ $link ], $links );
	}
}
