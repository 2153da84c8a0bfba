<?php
/**
 * Marketing > Alongside: what the split test says, from the application's own figures. Nothing is
 * counted here, and nothing framed: the numbers come as JSON and are written by WordPress.
 *
 * @package Alongside
 */

namespace Alongside;

use WP_Error;

defined( 'ABSPATH' ) || exit;

final class ReportPage {

	/** Name of the transient with the last answer: the application counts every quarter of an hour. */
	public const KEPT = 'alongside_report';

	private const SLUG = 'alongside-report';
	private const MAY  = 'view_woocommerce_reports';

	public static function listen(): void {
		add_action( 'admin_menu', [ self::class, 'add' ], 70 );
	}

	public static function add(): void {
		if ( '' === Connection::known()->report_token ) {
			return;
		}
		// The Marketing menu can be switched off.
		$parent = isset( $GLOBALS['admin_page_hooks']['woocommerce-marketing'] ) ? 'woocommerce-marketing' : 'woocommerce';
		add_submenu_page( $parent, __( 'Do the shelves help?', 'alongside' ), 'Alongside', self::MAY, self::SLUG, [ self::class, 'show' ] );
	}

	public static function show(): void {
		if ( ! current_user_can( self::MAY ) ) {
			wp_die( esc_html__( 'You may not see reports.', 'alongside' ), '', [ 'response' => 403 ] );
		}
		echo '<div class="wrap"><h1>', esc_html__( 'Do the shelves help?', 'alongside' ), '</h1>';
		$told = self::told();
		if ( is_wp_error( $told ) ) {
			self::say_why_not( $told );
		} else {
			ReportTables::show( $told );
		}
		$link = Connection::known()->base_url . '/admin/shops/' . rawurlencode( Connection::known()->public_key ) . '/';
		printf( '<p><a href="%s">%s</a></p></div>', esc_url( $link ), esc_html__( 'Everything else, on your Alongside server', 'alongside' ) );
	}

	/**
	 * @return array|WP_Error As docs/http.md has it.
	 */
	private static function told() {
		$kept = get_transient( self::KEPT );
		if ( is_array( $kept ) ) {
			return $kept;
		}
		$known = Connection::known();
		$told  = Application::read( '/api/' . rawurlencode( $known->public_key ) . '/report', [ 'Authorization' => 'Bearer ' . $known->report_token ] );
		if ( ! is_wp_error( $told ) ) {
			set_transient( self::KEPT, $told, 5 * MINUTE_IN_SECONDS );
		}
		return $told;
	}

	private static function say_why_not( WP_Error $why ): void {
		$data   = $why->get_error_data();
		$status = is_array( $data ) ? (int) ( $data['status'] ?? 0 ) : 0;
		if ( 404 === $status ) {
			$said = __( 'No split test yet. Start one on your Alongside server: half of your visitors see the shelf, half do not, and this page says whether it helps.', 'alongside' );
		} elseif ( 401 === $status ) {
			$said = __( 'Your Alongside server does not take this shop’s report key. Connect again under WooCommerce > Settings > Integration.', 'alongside' );
		} else {
			$said = $why->get_error_message();
		}
		printf( '<div class="notice notice-%s inline"><p>%s</p></div>', esc_attr( 404 === $status ? 'info' : 'error' ), esc_html( $said ) );
	}
}
