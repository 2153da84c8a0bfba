<?php
/**
 * Once a day: are the webhooks that tell the application of orders still switched on? WooCommerce
 * switches one off for good after five failed deliveries, for example while the server was moved,
 * and tells nobody. They are switched on again once the server answers.
 *
 * By Action Scheduler, which comes with WooCommerce and shows its work under Tools.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Data_Store;
use WC_Webhook;

defined( 'ABSPATH' ) || exit;

final class WebhookHealth {

	public const GROUP = 'alongside';
	public const HOOK  = 'alongside_check_webhooks';

	public static function listen(): void {
		add_action( self::HOOK, [ self::class, 'check' ] );
	}

	public static function schedule(): void {
		if ( function_exists( 'as_schedule_recurring_action' ) && Connection::known()->stands() ) {
			as_schedule_recurring_action( time() + HOUR_IN_SECONDS, DAY_IN_SECONDS, self::HOOK, [], self::GROUP, true );
		}
	}

	public static function unschedule(): void {
		if ( function_exists( 'as_unschedule_all_actions' ) ) {
			as_unschedule_all_actions( self::HOOK, [], self::GROUP );
		}
	}

	public static function check(): void {
		$off = array_filter( self::ours(), static fn( WC_Webhook $one ) => 'disabled' === $one->get_status() );
		if ( ! $off || is_wp_error( Application::read( '/readyz' ) ) ) {
			return;
		}
		foreach ( $off as $webhook ) {
			$webhook->set_status( 'active' );
			$webhook->set_failure_count( 0 );
			$webhook->save();
			/* translators: 1: a number, 2: such as order.updated. */
			wc_get_logger()->notice( sprintf( __( 'Webhook %1$d (%2$s) was switched off and is on again.', 'alongside' ), $webhook->get_id(), $webhook->get_topic() ), [ 'source' => 'alongside' ] );
		}
	}

	/**
	 * The webhooks that deliver to our application for this shop.
	 *
	 * @return WC_Webhook[]
	 */
	public static function ours(): array {
		$known = Connection::known();
		if ( ! $known->stands() ) {
			return [];
		}
		$own   = "$known->base_url/webhooks/woocommerce/$known->public_key";
		$ids   = WC_Data_Store::load( 'webhook' )->search_webhooks( [ 'limit' => -1 ] );
		$every = array_filter( array_map( 'wc_get_webhook', $ids ) );
		return array_filter( $every, static fn( WC_Webhook $one ) => $own === untrailingslashit( $one->get_delivery_url() ) );
	}
}
