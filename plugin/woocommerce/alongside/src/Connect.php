<?php
/**
 * Connecting in one click: sends the merchant to the application, which asks this shop for an API
 * key (WooCommerce's own Approve page) and sends them back with a one-time code; the code is
 * exchanged here, from server to server, for the keys.
 *
 * `state` is made for one person and one trip: nobody can talk a merchant into connecting the shop
 * to a server that is not theirs.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Admin_Settings;

defined( 'ABSPATH' ) || exit;

final class Connect {

	/** Time to make an account there and to read what is approved. */
	private const TRIP_S = HOUR_IN_SECONDS;

	/** Leaves for the application. Nonce and capability were checked by whoever calls. */
	public static function leave(): void {
		$base = Connection::known()->base_url;
		if ( '' === $base ) {
			WC_Admin_Settings::add_error( __( 'Enter the address of your Alongside server first.', 'alongside' ) );
			return;
		}
		$state = wp_generate_password( 40, false );
		set_transient( self::place(), $state, self::TRIP_S );
		$query = [
			'shop'   => home_url(),
			'return' => Settings::address(),
			'state'  => $state,
		];
		// phpcs:ignore -- To the address that the merchant has just entered.
		wp_redirect( "$base/install/woocommerce?" . http_build_query( $query ) );
		exit;
	}

	/** On every admin page: is this the way back? */
	public static function come_back(): void {
		$state = self::given( 'state' );
		$code  = self::given( 'alongside_code' );
		$error = self::given( 'alongside_error' );
		if ( '' === $state || ( '' === $code && '' === $error ) ) {
			return;
		}
		if ( ! current_user_can( 'manage_woocommerce' ) ) {
			wp_die( esc_html__( 'You may not connect this shop.', 'alongside' ), '', [ 'response' => 403 ] );
		}
		$made = get_transient( self::place() );
		delete_transient( self::place() );
		if ( ! is_string( $made ) || ! hash_equals( $made, $state ) ) {
			wp_die( esc_html__( 'This way back is not good (any more). Go to WooCommerce > Settings > Integration and press Connect again.', 'alongside' ), '', [ 'response' => 403 ] );
		}
		$said = '' === $code ? self::refusal( $error ) : self::exchange( $code );
		// The code leaves the address bar, and what happened is said once on the page that follows.
		set_transient( self::place(), "said:$said", MINUTE_IN_SECONDS );
		wp_safe_redirect( add_query_arg( 'alongside_back', '1', Settings::address() ) );
		exit;
	}

	/** On the settings page: what the trip came to. */
	public static function tell(): void {
		$kept = get_transient( self::place() );
		if ( ! is_string( $kept ) || 0 !== strpos( $kept, 'said:' ) ) {
			return;
		}
		delete_transient( self::place() );
		$said = substr( $kept, 5 );
		if ( '' === $said ) {
			WC_Admin_Settings::add_message( __( 'Connected. Your server reads products and orders now; shelves appear after its first training.', 'alongside' ) );
		} else {
			WC_Admin_Settings::add_error( $said );
		}
	}

	/** An empty text, or what went wrong. */
	private static function exchange( string $code ): string {
		$keys = Application::post( '/install/woocommerce/exchange', [ 'code' => $code ] );
		if ( is_wp_error( $keys ) ) {
			return $keys->get_error_message();
		}
		foreach ( [ 'public_key', 'customer_key', 'report_token' ] as $field ) {
			if ( ! is_string( $keys[ $field ] ?? null ) || '' === $keys[ $field ] ) {
				return __( 'Your server answered without the keys. Is it the newest release?', 'alongside' );
			}
			$found[ $field ] = $keys[ $field ];
		}
		Connection::keep( $found );
		delete_transient( ConnectionPanel::CHECKED );
		return '';
	}

	private static function refusal( string $error ): string {
		return 'denied' === $error
			? __( 'Not connected: the key was denied.', 'alongside' )
			: __( 'Not connected. Your server has said what was wrong; mend it and press Connect again.', 'alongside' );
	}

	/** Name of the transient that holds this person's trip. */
	private static function place(): string {
		return 'alongside_trip_' . get_current_user_id();
	}

	private static function given( string $name ): string {
		// phpcs:ignore -- Comes from another site: `state` takes the place of a nonce.
		$value = isset( $_GET[ $name ] ) ? wp_unslash( $_GET[ $name ] ) : '';
		return is_string( $value ) ? sanitize_text_field( $value ) : '';
	}
}
