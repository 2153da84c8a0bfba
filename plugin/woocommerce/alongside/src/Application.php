<?php
/**
 * Asks the application, from the shop's server. What is asked and what becomes of the answer is the
 * caller's; what goes wrong comes back as a WP_Error with a sentence for the merchant.
 *
 * @package Alongside
 */

namespace Alongside;

use WP_Error;

defined( 'ABSPATH' ) || exit;

final class Application {

	/** Somebody waits for the page meanwhile. */
	private const PATIENCE_S = 8;

	/** A request that a shopper's browser waits for: shelf.js itself gives up after 4 seconds. */
	private const PATIENCE_OF_SHOPPERS_S = 4;

	/**
	 * @param string                $path    From the root of the application.
	 * @param array<string, string> $headers By name.
	 * @return array|WP_Error The JSON object of a 200.
	 */
	public static function read( string $path, array $headers = [] ) {
		return self::json( self::send( 'GET', $path, $headers, '', self::PATIENCE_S ) );
	}

	/**
	 * @param string                $path    From the root of the application.
	 * @param array                 $data    Is sent as JSON.
	 * @param array<string, string> $headers By name.
	 * @return array|WP_Error The JSON object of a 200.
	 */
	public static function post( string $path, array $data, array $headers = [] ) {
		$headers['Content-Type'] = 'application/json';
		return self::json( self::send( 'POST', $path, $headers, (string) wp_json_encode( $data ), self::PATIENCE_S ) );
	}

	/**
	 * As `post`, with a signature that only this shop can make: HMAC-SHA256 over method, path, the
	 * instant after which it is worthless, and the body.
	 *
	 * @param string $path From the root of the application.
	 * @param array  $data Is sent as JSON.
	 * @return array|WP_Error The JSON object of a 200.
	 */
	public static function post_signed( string $path, array $data ) {
		$body    = (string) wp_json_encode( $data );
		$expires = time() + 5 * MINUTE_IN_SECONDS;
		$signed  = hash_hmac( 'sha256', "POST $path\n$expires\n$body", Connection::known()->customer_key );
		$headers = [
			'Content-Type'        => 'application/json',
			'Alongside-Signature' => "$expires.$signed",
		];
		return self::json( self::send( 'POST', $path, $headers, $body, self::PATIENCE_S ) );
	}

	/**
	 * For a shopper's browser: the answer as it came, whatever its status.
	 *
	 * @param string                $method  GET, POST or DELETE.
	 * @param string                $path    From the root of the application.
	 * @param array<string, string> $headers By name.
	 * @param string                $body    As it is sent.
	 * @return array|WP_Error As wp_remote_request() gives it.
	 */
	public static function relay( string $method, string $path, array $headers, string $body ) {
		return self::send( $method, $path, $headers, $body, self::PATIENCE_OF_SHOPPERS_S );
	}

	/**
	 * @return array|WP_Error As wp_remote_request() gives it.
	 */
	private static function send( string $method, string $path, array $headers, string $body, int $patience_s ) {
		$address = Connection::known()->base_url;
		if ( '' === $address ) {
			return new WP_Error( 'alongside_unknown', __( 'The address of your Alongside server is not set.', 'alongside' ) );
		}
		// An owner may run it in the same private network, at any port: so not wp_safe_remote_*.
		$answer = wp_remote_request(
			$address . $path,
			[
				'method'      => $method,
				'headers'     => $headers,
				'body'        => '' === $body ? null : $body,
				'timeout'     => $patience_s,
				'redirection' => 0,
				'user-agent'  => 'Alongside/' . VERSION . '; WordPress',
			]
		);
		if ( is_wp_error( $answer ) ) {
			return new WP_Error(
				'alongside_away',
				/* translators: 1: an address, 2: what went wrong, in the words of the machine. */
				sprintf( __( 'Your Alongside server at %1$s does not answer: %2$s', 'alongside' ), $address, $answer->get_error_message() )
			);
		}
		return $answer;
	}

	/**
	 * @param array|WP_Error $answer As `send` gives it.
	 * @return array|WP_Error
	 */
	private static function json( $answer ) {
		if ( is_wp_error( $answer ) ) {
			return $answer;
		}
		$status = (int) wp_remote_retrieve_response_code( $answer );
		$data   = json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( 200 === $status && is_array( $data ) ) {
			return $data;
		}
		// Its refusals are problem JSON, whose `detail` is a sentence.
		$said = is_array( $data ) && is_string( $data['detail'] ?? null ) ? $data['detail'] : '';
		return new WP_Error(
			'alongside_refused',
			/* translators: 1: a number such as 404, 2: a sentence of the server, may be empty. */
			trim( sprintf( __( 'Your Alongside server answered %1$d. %2$s', 'alongside' ), $status, $said ) ),
			[ 'status' => $status ]
		);
	}
}
