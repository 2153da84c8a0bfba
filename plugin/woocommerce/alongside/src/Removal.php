<?php
/**
 * What is taken away again: with the connection, what belongs to it; with the plugin, everything.
 * Deleting works without WooCommerce, too, which may be gone by then: tables that are not there are
 * left alone.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Removal {

	/** The id of ShelfWidget, whose class cannot be loaded by itself. */
	private const WIDGET = 'alongside_shelf';

	/** When the merchant presses Disconnect: keys, webhooks, news that waits. */
	public static function of_connection(): void {
		Deletions::cancel();
		foreach ( Webhooks::ours() as $webhook ) {
			$webhook->delete( true );
		}
		self::of_api_keys();
		Connection::forget();
		delete_transient( ReportPage::KEPT );
		delete_transient( ConnectionPanel::CHECKED );
	}

	/**
	 * When the plugin is deleted, on one site of a network.
	 *
	 * @param bool $marks Whether the marks on orders go as well.
	 */
	public static function of_site( bool $marks ): void {
		$address = Webhooks::address();
		if ( '' !== $address ) {
			self::of_rows( 'wc_webhooks', 'delivery_url LIKE %s', self::begins( $address ) );
			delete_transient( 'woocommerce_webhook_ids_status_active' );
		}
		self::of_api_keys();
		self::of_tasks();
		self::of_options();
		if ( $marks ) {
			foreach ( [ 'wc_orders_meta', 'postmeta' ] as $table ) {
				self::of_rows( $table, 'meta_key = %s', Marks::VISITOR );
			}
			self::of_rows( 'woocommerce_order_itemmeta', 'meta_key = %s', Marks::TOKEN );
		}
		wp_cache_flush(); // what was deleted past WordPress's own functions must not come back from it
	}

	/** WooCommerce names a key that an application was granted "Alongside - API (date)". */
	private static function of_api_keys(): void {
		self::of_rows( 'woocommerce_api_keys', 'description LIKE %s', self::begins( 'Alongside - API (' ) );
	}

	private static function of_tasks(): void {
		$group = self::table( 'actionscheduler_groups' );
		$ours  = 'SELECT a.action_id FROM `' . self::table( 'actionscheduler_actions' ) . "` a JOIN `$group` g ON g.group_id = a.group_id WHERE g.slug = %s";
		if ( self::exists( $group ) ) {
			// Wrapped once more: MySQL does not delete from a table that it reads from.
			self::of_rows( 'actionscheduler_logs', "action_id IN ($ours)", Deletions::GROUP );
			self::of_rows( 'actionscheduler_actions', "action_id IN (SELECT action_id FROM ($ours) o)", Deletions::GROUP );
			self::of_rows( 'actionscheduler_groups', 'slug = %s', Deletions::GROUP );
		}
	}

	private static function of_options(): void {
		self::of_rows( 'options', 'option_name LIKE %s', self::begins( '_transient_alongside_' ) );
		self::of_rows( 'options', 'option_name LIKE %s', self::begins( '_transient_timeout_alongside_' ) );
		delete_option( Connection::OPTION );
		delete_option( Choices::OPTION );
		delete_option( 'widget_' . self::WIDGET );
		update_option( 'sidebars_widgets', self::without_our_widget( get_option( 'sidebars_widgets', [] ) ) );
		// A theme that was switched away remembers its sidebars.
		foreach ( array_keys( wp_get_themes() ) as $theme ) {
			$kept = get_option( "theme_mods_$theme" );
			if ( is_array( $kept ) && isset( $kept['sidebars_widgets']['data'] ) ) {
				$kept['sidebars_widgets']['data'] = self::without_our_widget( $kept['sidebars_widgets']['data'] );
				update_option( "theme_mods_$theme", $kept );
			}
		}
	}

	/**
	 * @param mixed $bars Sidebar -> ids of widgets.
	 */
	private static function without_our_widget( $bars ): array {
		$bars = is_array( $bars ) ? $bars : [];
		foreach ( $bars as $bar => $widgets ) {
			if ( is_array( $widgets ) ) {
				$bars[ $bar ] = array_values( preg_grep( '/^' . self::WIDGET . '-\d+$/', $widgets, PREG_GREP_INVERT ) );
			}
		}
		return $bars;
	}

	private static function of_rows( string $table, string $which, string $value ): void {
		global $wpdb;
		$name = self::table( $table );
		if ( self::exists( $name ) ) {
			// phpcs:ignore -- `$which` is one of the few texts above, with its placeholder
			$wpdb->query( $wpdb->prepare( "DELETE FROM `$name` WHERE $which", $value ) );
		}
	}

	private static function table( string $name ): string {
		global $wpdb;
		return $wpdb->prefix . $name;
	}

	private static function exists( string $table ): bool {
		global $wpdb;
		// phpcs:ignore -- asked once, when the plugin goes
		return $table === $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $table ) ) );
	}

	private static function begins( string $text ): string {
		global $wpdb;
		return $wpdb->esc_like( $text ) . '%';
	}
}
