<?php
/**
 * WooCommerce > Settings > Integration > Alongside: the connection, and below it the choices.
 *
 * WooCommerce checks nonce and capability before it calls `process_admin_options`; the buttons of
 * the connection are part of the same form.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Admin_Settings;
use WC_Integration;

defined( 'ABSPATH' ) || exit;

final class Settings extends WC_Integration {

	/** What is typed by hand: field of the connection -> form of what may stand there. */
	private const TYPED = [
		'public_key'   => '/^pk_[A-Za-z0-9_-]{8,64}$/',
		'customer_key' => '/^[!-~]{16,256}$/',
		'report_token' => '/^[!-~]{16,256}$/',
	];

	public function __construct() {
		$this->id                 = 'alongside';
		$this->method_title       = 'Alongside';
		$this->method_description = __( 'Shelves from your own Alongside server, and a split test of what they earn.', 'alongside' );
		$this->form_fields        = Choices::fields();
		$this->init_settings();
		add_action( 'woocommerce_update_options_integration_' . $this->id, [ $this, 'process_admin_options' ] );
	}

	/** Where these settings are. */
	public static function address(): string {
		return admin_url( 'admin.php?page=wc-settings&tab=integration&section=alongside' );
	}

	public function admin_options(): void {
		echo '<h2>', esc_html( $this->method_title ), '</h2>';
		echo '<p>', esc_html( $this->method_description ), '</p>';
		ConnectionPanel::show();
		echo '<table class="form-table">';
		// The parent's rows are WooCommerce's own, and escaped there.
		$this->generate_settings_html( $this->get_form_fields(), true );
		echo '</table>';
	}

	/** Saves the choices and the connection, and does what its buttons say. */
	public function process_admin_options(): bool {
		if ( ! current_user_can( 'manage_woocommerce' ) ) {
			return false;
		}
		$this->keep_connection();
		$pressed = self::posted( 'save' );
		if ( ConnectionPanel::CONNECT === $pressed ) {
			Connect::leave(); // does not come back here, unless the address is missing
		}
		if ( ConnectionPanel::DISCONNECT === $pressed ) {
			Removal::of_connection();
			WC_Admin_Settings::add_message( __( 'Disconnected. Shelves are gone from your pages; your server keeps what it has until you remove the shop there.', 'alongside' ) );
		}
		delete_transient( ConnectionPanel::CHECKED );
		return parent::process_admin_options();
	}

	/**
	 * WooCommerce's own check of a number field takes any text.
	 *
	 * @param string $key   Of the field.
	 * @param mixed  $value As posted.
	 */
	public function validate_limit_field( $key, $value ): string {
		return (int) $value > 0 ? (string) min( 24, (int) $value ) : '';
	}

	private function keep_connection(): void {
		$given = self::posted( 'alongside_base_url' );
		$base  = Connection::address( $given );
		if ( '' !== $given && '' === $base ) {
			WC_Admin_Settings::add_error( __( 'The address of your server was not understood. It looks like https://recs.example.com.', 'alongside' ) );
		} elseif ( '' !== $given ) {
			Connection::keep( [ 'base_url' => $base ] );
		}
		foreach ( self::TYPED as $field => $form ) {
			$value = self::posted( "alongside_$field" );
			if ( '' === $value ) {
				continue; // secrets are not shown, so an empty field means: as it was
			}
			if ( ! preg_match( $form, $value ) ) {
				/* translators: %s: name of a key, as `flask shop show` prints it. */
				WC_Admin_Settings::add_error( sprintf( __( 'This is no %s. Copy it again from `flask shop show`.', 'alongside' ), $field ) );
				continue;
			}
			Connection::keep( [ $field => $value ] );
		}
	}

	private static function posted( string $name ): string {
		// phpcs:ignore -- WooCommerce checked the form's nonce before it called us.
		$value = isset( $_POST[ $name ] ) ? wp_unslash( $_POST[ $name ] ) : '';
		return is_string( $value ) ? trim( sanitize_text_field( $value ) ) : '';
	}
}
