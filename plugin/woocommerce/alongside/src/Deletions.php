<?php
/**
 * Products and orders that are deleted for good: WooCommerce's webhooks tell of the trash only, so
 * the application would show a product that is gone until it next reads the whole shop. The news
 * goes out by the webhook that is there for it, with its signature, and by Action Scheduler, so that
 * nobody who empties the trash waits for it.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Deletions {

	public const HOOK  = 'alongside_tell_deletion';
	public const GROUP = 'alongside';

	public static function listen(): void {
		add_action( 'before_delete_post', [ self::class, 'of_post' ] );
		add_action( 'woocommerce_before_delete_order', [ self::class, 'of_order' ] );
		add_action( self::HOOK, [ self::class, 'tell' ], 10, 2 );
	}

	/**
	 * @param int $post_id Of anything; products and their variations are meant.
	 */
	public static function of_post( $post_id ): void {
		$type = get_post_type( $post_id );
		if ( 'product' === $type ) {
			self::later( 'product.deleted', (int) $post_id );
		} elseif ( 'product_variation' === $type ) {
			// The product is there still, and is asked for anew.
			self::later( 'product.deleted', (int) wp_get_post_parent_id( $post_id ) );
		}
	}

	/**
	 * @param int $order_id Whatever orders are stored in.
	 */
	public static function of_order( $order_id ): void {
		self::later( 'order.deleted', (int) $order_id );
	}

	/**
	 * @param string $topic Of the webhook that takes the news.
	 * @param int    $id    What is gone.
	 */
	public static function tell( $topic, $id ): void {
		foreach ( Webhooks::ours() as $webhook ) {
			if ( $webhook->get_topic() === $topic && 'active' === $webhook->get_status() ) {
				$webhook->deliver( $id );
			}
		}
	}

	/** What waits is not told any more. */
	public static function cancel(): void {
		if ( function_exists( 'as_unschedule_all_actions' ) ) {
			as_unschedule_all_actions( self::HOOK, null, self::GROUP );
		}
	}

	private static function later( string $topic, int $id ): void {
		// Once, if a product goes with all of its variations.
		if ( $id && Connection::known()->stands() && ! as_has_scheduled_action( self::HOOK, [ $topic, $id ], self::GROUP ) ) {
			as_enqueue_async_action( self::HOOK, [ $topic, $id ], self::GROUP );
		}
	}
}
