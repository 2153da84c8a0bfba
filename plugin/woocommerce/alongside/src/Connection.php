<?php
/**
 * What the shop knows of the application: its address, the public key that stands in pages, and two
 * secrets. How they come here is said in Connect and Settings.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Connection {

	public const OPTION = 'alongside_connection';

	/** @var string The application's address, without a slash at its end. */
	public $base_url;

	/** @var string Names the shop; stands in every page and opens nothing. */
	public $public_key;

	/** @var string Signs customers and requests on their behalf. Never leaves the server. */
	public $customer_key;

	/** @var string Opens the report. Never leaves the server. */
	public $report_token;

	private function __construct( array $kept ) {
		$this->base_url     = (string) ( $kept['base_url'] ?? '' );
		$this->public_key   = (string) ( $kept['public_key'] ?? '' );
		$this->customer_key = (string) ( $kept['customer_key'] ?? '' );
		$this->report_token = (string) ( $kept['report_token'] ?? '' );
	}

	public static function known(): self {
		$kept = get_option( self::OPTION, [] );
		return new self( is_array( $kept ) ? $kept : [] );
	}

	/** Whether shelves can be shown. The secrets are for more than that. */
	public function stands(): bool {
		return '' !== $this->base_url && '' !== $this->public_key;
	}

	/**
	 * Keeps these fields and leaves the others as they are.
	 *
	 * @param array<string, string> $fields By name.
	 */
	public static function keep( array $fields ): void {
		update_option( self::OPTION, array_merge( (array) get_option( self::OPTION, [] ), $fields ) );
	}

	/** Forgets the keys; the address stays, for whoever connects again. */
	public static function forget(): void {
		update_option( self::OPTION, [ 'base_url' => self::known()->base_url ] );
	}

	/**
	 * An address as we keep it, or an empty text if it is none.
	 *
	 * @param string $given As somebody typed it.
	 */
	public static function address( string $given ): string {
		$given = trim( $given );
		if ( '' !== $given && false === strpos( $given, '://' ) ) {
			$given = 'https://' . $given;
		}
		$parts = wp_parse_url( $given );
		if ( ! is_array( $parts ) || ! in_array( $parts['scheme'] ?? '', [ 'http', 'https' ], true ) ) {
			return '';
		}
		if ( empty( $parts['host'] ) || isset( $parts['user'] ) || isset( $parts['query'] ) || isset( $parts['fragment'] ) ) {
			return '';
		}
		return untrailingslashit( esc_url_raw( $given, [ 'http', 'https' ] ) );
	}
}
