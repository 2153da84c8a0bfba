<?php
/**
 * WordPress's functions.
 */

// phpcs:disable -- one line each

function esc_html( $t ) { return htmlspecialchars( (string) $t, ENT_QUOTES ); }
function esc_attr( $t ) { return htmlspecialchars( (string) $t, ENT_QUOTES ); }
function esc_url( $t ) { return preg_match( '#^https?://#', $t ) ? htmlspecialchars( $t, ENT_QUOTES ) : ''; }
function esc_url_raw( $t, $p = [] ) { return preg_match( '#^https?://#', $t ) ? preg_replace( '/[\s<>"\']/', '', $t ) : ''; }
function __( $t, $d = '' ) { return $t; }
function esc_html__( $t, $d = '' ) { return esc_html( $t ); }
function absint( $n ) { return abs( (int) ( is_scalar( $n ) ? $n : 0 ) ); }
function untrailingslashit( $t ) { return rtrim( $t, '/\\' ); }
function sanitize_text_field( $t ) { return trim( preg_replace( '/[\r\n\t ]+/', ' ', strip_tags( $t ) ) ); }
function wp_unslash( $v ) { return is_array( $v ) ? array_map( 'wp_unslash', $v ) : stripslashes( $v ); }
function wp_strip_all_tags( $t ) { return strip_tags( $t ); }
function wp_json_encode( $v ) { return json_encode( $v ); }
function wp_parse_url( $u ) { return parse_url( $u ); }
function wp_parse_args( $a, $d ) { return $a + $d; }
function number_format_i18n( $n, $d = 0 ) { return number_format( $n, $d ); }
function shortcode_atts( $pairs, $given, $name ) { return array_merge( $pairs, array_intersect_key( (array) $given, $pairs ) ); }
function selected( $a, $b, $e ) { return $a === $b ? ' selected' : ''; }
function wp_kses_post( $t ) { return $t; }
function wp_date( $f, $t ) { return gmdate( $f, $t ); }

function get_option( $n, $d = false ) { return World::$options[ $n ] ?? $d; }
function update_option( $n, $v ) { World::$options[ $n ] = $v; }
function delete_option( $n ) { unset( World::$options[ $n ] ); }
function get_transient( $n ) { return World::$transients[ $n ] ?? false; }
function set_transient( $n, $v, $s ) { World::$transients[ $n ] = $v; }
function delete_transient( $n ) { unset( World::$transients[ $n ] ); }

function add_action( $hook, $what, $at = 10, $n = 1 ) { World::$hooks[ $hook ][] = [ $what, $at ]; }
function add_filter( $hook, $what, $at = 10, $n = 1 ) { World::$hooks[ $hook ][] = [ $what, $at ]; }
function remove_action( $hook, $what, $at = 10 ) {
	foreach ( World::$hooks[ $hook ] ?? [] as $i => $one ) {
		if ( $one === [ $what, $at ] ) {
			unset( World::$hooks[ $hook ][ $i ] );
			return true;
		}
	}
	return false;
}
function add_shortcode( $n, $what ) {}
function register_activation_hook( $f, $what ) {}
function register_deactivation_hook( $f, $what ) {}
function register_rest_route( $space, $path, $how ) { World::$hooks['routes'][] = [ $space, $path, $how ]; }
function plugin_basename( $f ) { return 'alongside/alongside.php'; }
function plugins_url( $p, $f ) { return "https://shop.example/wp-content/plugins/alongside/$p"; }

function home_url( $p = '' ) { return 'https://shop.example' . $p; }
function admin_url( $p ) { return "https://shop.example/wp-admin/$p"; }
function rest_url( $p ) { return "https://shop.example/wp-json/$p"; }
function add_query_arg( $k, $v, $u ) { return "$u&$k=$v"; }
function wp_redirect( $u ) { throw new Ended( $u ); }
function wp_safe_redirect( $u ) { throw new Ended( $u ); }
function wp_die( $t = '', $h = '', $how = [] ) { throw new Ended( "died: $t" ); }
function wp_generate_password( $n, $special ) { return str_repeat( 'x', $n - 4 ) . random_int( 1000, 9999 ); }

function current_user_can( $what ) { return World::$may; }
function get_current_user_id() { return World::$user; }
function is_user_logged_in() { return World::$user > 0; }
function wp_validate_auth_cookie( $c, $s ) { return World::$user ?: false; }
function get_user_by( $f, $v ) { return 'anna@shop.example' === $v ? (object) [ 'ID' => 7 ] : false; }

function is_admin() { return false; }
function is_wp_error( $v ) { return $v instanceof WP_Error; }
function wp_is_block_theme() { return World::$block_theme; }
function get_queried_object_id() { return World::$product; }
function wp_enqueue_script( $h ) { World::$scripts[] = $h; }
function wp_enqueue_style( $h ) {}
function get_block_wrapper_attributes() { return 'class="wp-block-alongside-shelf"'; }

function wp_remote_request( $url, $args ) {
	World::$asked[] = [ $args['method'], $url, $args ];
	$answer         = array_shift( World::$answers );
	return is_wp_error( $answer ) ? $answer : [ 'status' => $answer[0], 'body' => $answer[1], 'headers' => $answer[2] ?? [] ];
}
function wp_remote_retrieve_response_code( $a ) { return $a['status']; }
function wp_remote_retrieve_body( $a ) { return $a['body']; }
function wp_remote_retrieve_header( $a, $n ) { return $a['headers'][ $n ] ?? ''; }
