<?php
/**
 * The same-origin relay: what shelf.js asks of this shop instead of the application, for pages that
 * may not call another address. Passes on exactly the storefront's addresses, for this shop's key
 * alone, without cookies, and gives back what came.
 *
 * @package Alongside
 */

namespace Alongside;

use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

defined( 'ABSPATH' ) || exit;

final class RelayRoute {

	private const PATH = '/relay';

	/** As the application has it (docs/http.md): more is refused there, so it need not travel. */
	private const LONGEST_BODY = 32768;

	/** What goes on to the browser. */
	private const HEADERS = [ 'content-type', 'cache-control', 'retry-after' ];

	public static function register(): void {
		foreach (
			[
				'shelf'        => 'GET',
				'shelf/events' => 'POST',
				'me'           => 'GET, DELETE',
				'me/orders'    => 'GET, POST',
			] as $path => $methods
		) {
			register_rest_route(
				CustomerRoute::SPACE,
				self::PATH . "/v1/(?P<key>pk_[A-Za-z0-9_-]+)/$path",
				[
					'methods'             => $methods,
					'callback'            => [ self::class, 'pass_on' ],
					'permission_callback' => '__return_true', // as public as the addresses it stands for
				]
			);
		}
		add_filter( 'rest_pre_serve_request', [ self::class, 'serve_as_it_came' ], 20, 3 );
	}

	/** For `data-api`: what shelf.js puts /v1/<key>/... behind. */
	public static function address(): string {
		return untrailingslashit( rest_url( CustomerRoute::SPACE . self::PATH ) );
	}

	/**
	 * @param WP_REST_Request $request What the browser sent.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function pass_on( $request ) {
		$key = (string) $request['key'];
		if ( ! Choices::yes( 'relay' ) || Connection::known()->public_key !== $key ) {
			return new WP_Error( 'alongside_no_relay', 'Nothing is passed on for this key.', [ 'status' => 404 ] );
		}
		$body = (string) $request->get_body();
		if ( strlen( $body ) > self::LONGEST_BODY ) {
			return new WP_Error( 'alongside_too_large', 'At most 32 KiB.', [ 'status' => 413 ] );
		}
		$path  = substr( $request->get_route(), strlen( '/' . CustomerRoute::SPACE . self::PATH ) );
		$query = array_filter( $request->get_query_params(), 'is_string' );
		unset( $query['rest_route'], $query['_locale'] );
		$answer = Application::relay(
			$request->get_method(),
			$path . ( $query ? '?' . http_build_query( $query, '', '&', PHP_QUERY_RFC3986 ) : '' ),
			self::headers( $request ),
			'GET' === $request->get_method() ? '' : $body
		);
		if ( is_wp_error( $answer ) ) {
			// Not its words: they name an address that shoppers need not know.
			return new WP_Error( 'alongside_away', 'The recommendations are away.', [ 'status' => 503 ] );
		}
		$response = new WP_REST_Response( [ 'relayed' => wp_remote_retrieve_body( $answer ) ], (int) wp_remote_retrieve_response_code( $answer ) );
		foreach ( self::HEADERS as $name ) {
			$value = wp_remote_retrieve_header( $answer, $name );
			if ( is_string( $value ) && '' !== $value ) {
				$response->header( $name, $value );
			}
		}
		return $response;
	}

	/**
	 * The body is JSON already, or empty: WordPress would encode it once more.
	 *
	 * @param bool             $served  Whether somebody has answered already.
	 * @param WP_REST_Response $result  What is answered.
	 * @param WP_REST_Request  $request To what.
	 */
	public static function serve_as_it_came( $served, $result, $request ): bool {
		$data = $result instanceof WP_REST_Response ? $result->get_data() : null;
		$ours = 0 === strpos( $request->get_route(), '/' . CustomerRoute::SPACE . self::PATH . '/' );
		if ( $served || ! $ours || ! is_array( $data ) || ! isset( $data['relayed'] ) ) {
			return (bool) $served;
		}
		echo $data['relayed']; // phpcs:ignore -- with the application's own content type, application/json
		return true;
	}

	/**
	 * @param WP_REST_Request $request What the browser sent.
	 * @return array<string, string>
	 */
	private static function headers( $request ): array {
		$headers = [];
		// For the application's rate limit, if it is told to trust one more hop (docs/settings.md).
		$from = isset( $_SERVER['REMOTE_ADDR'] ) ? sanitize_text_field( wp_unslash( $_SERVER['REMOTE_ADDR'] ) ) : '';
		if ( filter_var( $from, FILTER_VALIDATE_IP ) ) {
			$headers['X-Forwarded-For'] = $from;
		}
		$visitor = Marks::visitor( $request->get_header( 'alongside_visitor' ) );
		if ( '' !== $visitor ) {
			$headers['Alongside-Visitor'] = $visitor;
		}
		if ( 'POST' === $request->get_method() ) {
			$headers['Content-Type'] = 'text/plain;charset=UTF-8';
		}
		return $headers;
	}
}
