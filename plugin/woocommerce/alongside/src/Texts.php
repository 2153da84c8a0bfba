<?php
/**
 * The few words that a shelf says itself, in the language of the site. Titles and reasons come from
 * the application. The names are those of widget/src/texts.js.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Texts {

	/** For the attribute `data-texts`; an empty text where they are the widget's own. */
	public static function json(): string {
		$own   = [
			'previous' => 'Previous',
			'next'     => 'Next',
			'add'      => 'Add to cart',
			'options'  => 'Choose options',
			'dismiss'  => 'Not for me',
			'why'      => 'Why am I seeing this?',
			'from'     => 'from {}',
		];
		$words = [
			'previous' => __( 'Previous', 'alongside' ),
			'next'     => __( 'Next', 'alongside' ),
			'add'      => __( 'Add to cart', 'alongside' ),
			'options'  => __( 'Choose options', 'alongside' ),
			'dismiss'  => __( 'Not for me', 'alongside' ),
			'why'      => __( 'Why am I seeing this?', 'alongside' ),
			/* translators: {} is a price. */
			'from'     => __( 'from {}', 'alongside' ),
		];
		$other = array_diff_assoc( $words, $own );
		return $other ? (string) wp_json_encode( $other ) : '';
	}
}
