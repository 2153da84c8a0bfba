<?php
/**
 * The shortcode: [alongside_shelf placement="bestsellers" limit="4" heading="Loved by many"].
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class ShelfShortcode {

	public const NAME = 'alongside_shelf';

	/**
	 * @param array|string $given As typed; an empty text where nothing was.
	 */
	public static function html( $given ): string {
		$chosen = shortcode_atts(
			[
				'placement' => 'bestsellers',
				'heading'   => '',
				'limit'     => '0',
				'layout'    => '',
				'product'   => '',
				'category'  => '',
			],
			(array) $given,
			self::NAME
		);
		$named  = array_filter( array_intersect_key( $chosen, array_flip( [ 'product', 'category' ] ) ) );
		return Shelf::html( $chosen['placement'], $named + ShelfBlock::said( $chosen ) );
	}
}
