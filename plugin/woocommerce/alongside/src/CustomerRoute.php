<?php
/**
 * POST alongside/v1/customer: the signed id of whoever is logged in, for shelf.js to send with full
 * consent; null for everybody else. Asked by the browser after the page has come, because the page
 * itself may lie in a cache.
 *
 * No nonce: it would have to stand in the page. Instead the cookie is read here, and other sites are
 * kept out: the header that account.js sends makes a browser ask first whether it may (and for this
 * header WordPress never says yes), and no other site may read the answer.
 *
 * @package Alongside
 */

namespace Alongside;

use WP_REST_Request;
use WP_REST_Response;

defined( 'ABSPATH' ) || exit;

final class CustomerRoute {

	public const SPACE = 'alongside/v1';
	public const PATH  = '/customer';

	/** The application takes up to 24 hours; a page is not open that long. */
	private const GOOD_FOR_S = HOUR_IN_SECONDS;

	public static function register(): void {
		register_rest_route(
			self::SPACE,
			self::PATH,
			[
				'methods'             => 'POST',
				'callback'            => [ self::class, 'answer' ],
				'permission_callback' => [ self::class, 'is_own_page' ],
			]
		);
		add_filter( 'rest_pre_serve_request', [ self::class, 'keep_private' ], 20, 3 );
	}

	/**
	 * @param WP_REST_Request $request What the browser sent.
	 */
	public static function is_own_page( $request ): bool {
		$from = (string) $request->get_header( 'origin' );
		return '1' === $request->get_header( 'alongside_page' )
			&& in_array( (string) $request->get_header( 'sec_fetch_site' ), [ '', 'same-origin' ], true )
			&& ( '' === $from || self::origin( home_url() ) === self::origin( $from ) );
	}

	public static function answer(): WP_REST_Response {
		// Without a nonce WordPress has forgotten by now who this is.
		$user = (int) wp_validate_auth_cookie( '', 'logged_in' );
		$key  = Connection::known()->customer_key;
		return new WP_REST_Response( [ 'customer' => $user && '' !== $key ? self::signed( (string) $user, $key, time() + self::GOOD_FOR_S ) : null ] );
	}

	/** `<id>.<expires>.<hmac>`, as docs/http.md has it. */
	public static function signed( string $customer, string $key, int $expires ): string {
		return "$customer.$expires." . hash_hmac( 'sha256', "$customer.$expires", $key );
	}

	/**
	 * @param bool             $served  Whether somebody has answered already.
	 * @param WP_REST_Response $result  What is answered.
	 * @param WP_REST_Request  $request To what.
	 */
	public static function keep_private( $served, $result, $request ): bool {
		if ( '/' . self::SPACE . self::PATH === $request->get_route() ) {
			header( 'Cache-Control: private, no-store' );
			header_remove( 'Access-Control-Allow-Origin' );
			header_remove( 'Access-Control-Allow-Credentials' );
		}
		return (bool) $served;
	}

	private static function origin( string $address ): string {
		$parts = (array) wp_parse_url( strtolower( $address ) );
		$port  = isset( $parts['port'] ) ? ":$parts[port]" : '';
		return ( $parts['scheme'] ?? '' ) . '://' . ( $parts['host'] ?? '' ) . $port;
	}
}
