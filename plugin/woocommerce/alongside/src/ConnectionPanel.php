<?php
/**
 * The upper part of the settings page: is the shop connected, does the server answer, and the fields
 * and buttons that change it.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class ConnectionPanel {

	/** Name of the transient with the last check, so that a page that is opened often stays quick. */
	public const CHECKED = 'alongside_checked';

	/**
	 * What the buttons say, under the name that WooCommerce saves its forms for. They stand in
	 * `.submit`, where its script does not warn of changes that would be lost.
	 */
	public const CONNECT    = 'alongside-connect';
	public const DISCONNECT = 'alongside-disconnect';

	public static function show(): void {
		$known = Connection::known();
		echo '<table class="form-table"><tbody>';
		self::row( __( 'Connection', 'alongside' ), [ self::class, $known->stands() ? 'standing' : 'missing' ] );
		if ( $known->stands() ) {
			self::row( __( 'Consent tool', 'alongside' ), [ self::class, 'consent' ] );
		}
		echo '</tbody></table>';
		// Open while something of it is needed; most never look inside.
		echo '<details><summary>', esc_html__( 'Enter the keys by hand', 'alongside' ), '</summary>';
		echo '<p>', esc_html__( 'Where the button cannot work, for example because your server has no https address: connect the shop there with `flask shop add woocommerce`, and copy what `flask shop show` prints.', 'alongside' ), '</p>';
		echo '<table class="form-table"><tbody>';
		self::field( 'public_key', __( 'Public key', 'alongside' ), $known->public_key, 'text' );
		self::field( 'customer_key', __( 'Customer key', 'alongside' ), $known->customer_key, 'password' );
		self::field( 'report_token', __( 'Report key', 'alongside' ), $known->report_token, 'password' );
		echo '</tbody></table></details>';
	}

	public static function missing(): void {
		self::address_field();
		echo '<p class="description">', esc_html__( 'Where your Alongside server runs. Then press Connect: you log in there, come back to approve its key, and are done.', 'alongside' ), '</p>';
		echo '<p class="submit">';
		self::button( self::CONNECT, __( 'Connect', 'alongside' ), 'button-primary' );
		echo '</p>';
	}

	public static function standing(): void {
		$fault = self::fault();
		if ( '' === $fault ) {
			echo '<p><span class="dashicons dashicons-yes-alt" aria-hidden="true"></span> ';
			/* translators: %s: an address. */
			echo esc_html( sprintf( __( 'Connected, and your server at %s answers.', 'alongside' ), Connection::known()->base_url ) ), '</p>';
		} else {
			echo '<p><span class="dashicons dashicons-warning" aria-hidden="true"></span> ', esc_html( $fault ), '</p>';
		}
		if ( '' === Connection::known()->customer_key ) {
			echo '<p>', esc_html__( 'The customer key is missing: shoppers who are logged in are not recognised.', 'alongside' ), '</p>';
		}
		self::address_field();
		echo '<p class="submit">';
		self::button( self::CONNECT, __( 'Connect again', 'alongside' ), '' );
		self::button( self::DISCONNECT, __( 'Disconnect', 'alongside' ), 'button-link-delete' );
		echo '</p>';
	}

	public static function consent(): void {
		echo '<p>', esc_html( Consent::sentence() ), '</p>';
	}

	/** What is wrong with the connection, in a sentence; an empty text if nothing is. */
	private static function fault(): string {
		$checked = get_transient( self::CHECKED );
		if ( is_string( $checked ) ) {
			return $checked;
		}
		$key    = Connection::known()->public_key;
		$answer = Application::read( '/v1/' . rawurlencode( $key ) . '/shelf?placement=bestsellers&limit=1' );
		$fault  = is_wp_error( $answer ) ? $answer->get_error_message() : '';
		set_transient( self::CHECKED, $fault, MINUTE_IN_SECONDS );
		return $fault;
	}

	private static function row( string $title, callable $content ): void {
		echo '<tr valign="top"><th scope="row" class="titledesc">', esc_html( $title ), '</th><td class="forminp">';
		$content();
		echo '</td></tr>';
	}

	private static function address_field(): void {
		printf(
			'<p><label for="alongside_base_url">%s</label><br><input type="text" inputmode="url" class="regular-text" id="alongside_base_url" name="alongside_base_url" value="%s" placeholder="https://recs.example.com" autocomplete="off"></p>',
			esc_html__( 'Address of your server', 'alongside' ),
			esc_attr( Connection::known()->base_url )
		);
	}

	private static function field( string $name, string $title, string $kept, string $type ): void {
		$secret = 'password' === $type;
		printf(
			'<tr valign="top"><th scope="row" class="titledesc"><label for="alongside_%1$s">%2$s</label></th><td class="forminp"><input type="%3$s" class="regular-text" id="alongside_%1$s" name="alongside_%1$s" value="%4$s" placeholder="%5$s" autocomplete="off"></td></tr>',
			esc_attr( $name ),
			esc_html( $title ),
			esc_attr( $type ),
			// A secret goes in and never out again.
			esc_attr( $secret ? '' : $kept ),
			esc_attr( $secret && '' !== $kept ? __( 'saved; leave empty to keep it', 'alongside' ) : '' )
		);
	}

	private static function button( string $does, string $label, string $look ): void {
		printf(
			'<button type="submit" name="save" value="%s" class="button %s">%s</button> ',
			esc_attr( $does ),
			esc_attr( $look ),
			esc_html( $label )
		);
	}
}
