<?php
/**
 * A text for the shop's privacy policy, in Settings > Privacy > Policy Guide.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class PrivacyText {

	public static function suggest(): void {
		$base = Connection::known()->base_url;
		$text = [
			__( 'We show product recommendations. They come from a server of our own, and no other party learns of you.', 'alongside' ),
			__( 'Without your consent, your browser tells that server only which product or category page is open. Nothing is stored.', 'alongside' ),
			__( 'With your consent, your browser keeps a random number, the products you looked at, those you did not want, and for 7 days which recommendations you clicked. It sends the number with what you do with recommendations, and your order carries it, so that we learn whether they help. If you are logged in, your customer number goes along, signed, for recommendations from your earlier orders.', 'alongside' ),
			__( 'The server keeps the random number, your customer number and your e-mail address only as keyed hashes, and never your name or address. Under “Why am I seeing this?” you can see what is kept, switch recommendations off and erase it. Withdrawing your consent erases it as well.', 'alongside' ),
		];
		$html = '<p class="privacy-policy-tutorial">' . esc_html__( 'Suggested for shops that show Alongside’s shelves. Shorten it to what you have switched on.', 'alongside' ) . '</p>';
		foreach ( $text as $paragraph ) {
			$html .= '<p>' . esc_html( $paragraph ) . '</p>';
		}
		if ( '' !== $base ) {
			/* translators: %s: an address. */
			$html .= '<p>' . esc_html( sprintf( __( 'The server is %s.', 'alongside' ), $base ) ) . '</p>';
		}
		wp_add_privacy_policy_content( 'Alongside', wp_kses_post( $html ) );
	}
}
