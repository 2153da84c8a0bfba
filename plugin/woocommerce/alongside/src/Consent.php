<?php
/**
 * The shop's consent tool: that this plugin obeys it (WP Consent API), and what it keeps in browsers.
 * shelf.js itself asks and follows; see docs/widget.md.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Consent {

	public static function listen(): void {
		add_filter( 'wp_consent_api_registered_' . plugin_basename( FILE ), '__return_true' );
		add_action( 'init', [ self::class, 'tell_what_is_kept' ], 20 );
	}

	/** For the consent tool's list. Not cookies, but what the law means by them. */
	public static function tell_what_is_kept(): void {
		if ( ! function_exists( 'wp_add_cookie_info' ) || ! Connection::known()->stands() ) {
			return;
		}
		wp_add_cookie_info(
			'alongside',
			'Alongside',
			'statistics',
			__( 'Until consent is withdrawn', 'alongside' ),
			__( 'In the browser’s storage: a random number, products looked at, products not wanted, shelf clicks of the last 7 days.', 'alongside' ),
			__( 'The random number, with events on shelves and orders.', 'alongside' ),
			false,
			false,
			false
		);
	}

	/** For the merchant: what the choice means here. */
	public static function sentence(): string {
		$word = Choices::of( 'consent' );
		if ( 'auto' !== $word ) {
			return __( 'Not asked: you chose below what browsers may remember.', 'alongside' );
		}
		return function_exists( 'wp_has_consent' )
			? __( 'The WP Consent API is there. Shelves obey it: statistics and preferences together allow everything, one of them part of it.', 'alongside' )
			: __( 'No consent tool speaks the WP Consent API here. So nobody is recognised: shelves go by the page alone, and split tests count nobody. Install a consent tool that does, or choose below.', 'alongside' );
	}
}
