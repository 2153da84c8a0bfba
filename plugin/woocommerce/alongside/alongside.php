<?php
/**
 * Plugin Name: Alongside – product recommendations with a built-in split test
 * Description: Shows the shelves of your own Alongside server: products that are bought together, with their reasons, and a split test of what they earn.
 * Version: 0.1.0
 * Requires at least: 6.5
 * Requires PHP: 7.4
 * Requires Plugins: woocommerce
 * WC requires at least: 9.0
 * WC tested up to: 10.9
 * Author: The Alongside authors
 * License: Apache-2.0
 * License URI: https://www.apache.org/licenses/LICENSE-2.0
 * Text Domain: alongside
 * Domain Path: /languages
 *
 * The beginning: loads classes when they are named, and starts Plugin once WooCommerce is there.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

const VERSION = '0.1.0';
const FILE    = __FILE__;

spl_autoload_register(
	static function ( string $name ): void {
		$own = __NAMESPACE__ . '\\';
		if ( 0 === strpos( $name, $own ) ) {
			$path = __DIR__ . '/src/' . substr( $name, strlen( $own ) ) . '.php';
			if ( is_readable( $path ) ) {
				require $path;
			}
		}
	}
);

add_action( 'before_woocommerce_init', [ Plugin::class, 'declare_compatibility' ] );
add_action( 'woocommerce_loaded', [ Plugin::class, 'start' ] );
register_deactivation_hook( __FILE__, [ Deletions::class, 'cancel' ] );
