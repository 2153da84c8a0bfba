<?php
/**
 * WordPress runs this when the plugin is deleted. What goes is listed in src/Removal.php; the marks
 * on orders go only if the merchant chose so.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

foreach ( [ 'Choices', 'Connection', 'Deletions', 'Marks', 'Removal', 'Webhooks' ] as $alongside_class ) {
	require_once __DIR__ . "/src/$alongside_class.php";
}

$alongside_sites = is_multisite() ? get_sites( [ 'fields' => 'ids', 'number' => 0 ] ) : [ get_current_blog_id() ]; // phpcs:ignore
foreach ( $alongside_sites as $alongside_site ) {
	if ( is_multisite() ) {
		switch_to_blog( $alongside_site );
	}
	Removal::of_site( Choices::yes( 'erase_all' ) );
	if ( is_multisite() ) {
		restore_current_blog();
	}
}
