<?php
/**
 * Tools > Export Personal Data: what the application holds about a person.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class PrivacyExporter {

	/**
	 * @param array $exporters By id.
	 */
	public static function register( $exporters ): array {
		$exporters['alongside'] = [
			'exporter_friendly_name' => 'Alongside',
			'callback'               => [ self::class, 'export' ],
		];
		return $exporters;
	}

	/**
	 * @param string $email Whose.
	 * @param int    $page  From 1 on.
	 * @return array|\WP_Error
	 */
	public static function export( $email, $page = 1 ) {
		$person = new Person( (string) $email );
		$orders = $person->orders( (int) $page );
		$done   = $person->is_last( $orders );
		if ( ! Connection::known()->stands() ) {
			return [
				'data' => [],
				'done' => true,
			];
		}
		$names = $person->names( $orders );
		if ( $page > 1 ) {
			// Account and address were asked with the first page.
			$names = [ 'visitors' => $names['visitors'] ];
		}
		$held = Application::post_signed( '/api/' . Connection::known()->public_key . '/privacy/export', $names );
		if ( is_wp_error( $held ) ) {
			return $held; // WordPress says it to whoever exports, and makes no file
		}
		$data = [];
		foreach ( (array) ( $held['held'] ?? [] ) as $number => $one ) {
			$data = array_merge( $data, self::items( "$page-$number", (array) $one ) );
		}
		return [
			'data' => $data,
			'done' => $done,
		];
	}

	/**
	 * What is held of one visitor or customer: each event, arm and order is an item of its kind.
	 *
	 * @param string $id   Unlike any other in the export.
	 * @param array  $held Kind -> rows, as the application tells them.
	 */
	private static function items( string $id, array $held ): array {
		$items = [];
		foreach ( $held as $kind => $rows ) {
			foreach ( is_array( $rows ) ? $rows : [] as $number => $row ) {
				$fields = [];
				foreach ( is_array( $row ) ? $row : [ $kind => $row ] as $name => $value ) {
					if ( null !== $value ) {
						$fields[] = [
							'name'  => (string) $name,
							'value' => esc_html( is_scalar( $value ) ? (string) $value : (string) wp_json_encode( $value ) ),
						];
					}
				}
				$items[] = [
					'group_id'          => "alongside-$kind",
					/* translators: %s: a word such as events or orders. */
					'group_label'       => sprintf( __( 'Recommendations: %s', 'alongside' ), $kind ),
					'group_description' => __( 'Held by the recommendation server, under keyed hashes.', 'alongside' ),
					'item_id'           => "alongside-$kind-$id-$number",
					'data'              => $fields,
				];
			}
		}
		return $items;
	}
}
