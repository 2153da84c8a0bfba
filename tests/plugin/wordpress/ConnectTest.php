<?php

use Alongside\Connect;
use Alongside\Connection;
use Alongside\Settings;

/** Connecting: by the button, by hand, and away again. */
final class ConnectTest extends PluginTestCase {

	private const KEYS = '{"public_key":"pk_0123456789abcdef","customer_key":"c-key","report_token":"r-key"}';

	private function left(): string {
		World::$options[ Connection::OPTION ] = [ 'base_url' => 'https://recs.example' ];
		$away                                 = $this->ended( [ Connect::class, 'leave' ] );
		parse_str( (string) parse_url( $away, PHP_URL_QUERY ), $query );
		$this->assertStringStartsWith( 'https://recs.example/install/woocommerce?', $away );
		$this->assertSame( 'https://shop.example', $query['shop'] );
		$this->assertSame( Settings::address(), $query['return'] );
		return $query['state'];
	}

	public function test_the_whole_trip(): void {
		$_GET             = [ 'alongside_code' => 'code-1', 'state' => $this->left() ];
		World::$answers[] = [ 200, self::KEYS ];
		$back             = $this->ended( [ Connect::class, 'come_back' ] );
		$this->assertStringNotContainsString( 'code-1', $back );
		$this->assertSame( [ 'POST', 'https://recs.example/install/woocommerce/exchange' ], array_slice( World::$asked[0], 0, 2 ) );
		$this->assertSame( '{"code":"code-1"}', World::$asked[0][2]['body'] );
		$known = Connection::known();
		$this->assertSame( [ 'https://recs.example', 'pk_0123456789abcdef', 'c-key', 'r-key' ], [ $known->base_url, $known->public_key, $known->customer_key, $known->report_token ] );
		Connect::tell();
		$this->assertCount( 1, WC_Admin_Settings::$messages );
	}

	public function test_a_state_that_we_did_not_make_connects_nothing(): void {
		$this->left();
		$_GET = [ 'alongside_code' => 'code-1', 'state' => 'forged' ];
		$this->assertStringStartsWith( 'died:', $this->ended( [ Connect::class, 'come_back' ] ) );
		$this->assertSame( [], World::$asked );
		$this->assertFalse( Connection::known()->stands() );
	}

	public function test_a_state_is_good_once(): void {
		$_GET             = [ 'alongside_code' => 'code-1', 'state' => $this->left() ];
		World::$answers[] = [ 200, self::KEYS ];
		$this->ended( [ Connect::class, 'come_back' ] );
		$this->assertStringStartsWith( 'died:', $this->ended( [ Connect::class, 'come_back' ] ) );
		$this->assertCount( 1, World::$asked );
	}

	public function test_a_state_is_one_persons(): void {
		$_GET        = [ 'alongside_code' => 'code-1', 'state' => $this->left() ];
		World::$user = 2;
		$this->assertStringStartsWith( 'died:', $this->ended( [ Connect::class, 'come_back' ] ) );
	}

	public function test_who_may_not_manage_the_shop_cannot_connect_it(): void {
		$_GET       = [ 'alongside_code' => 'code-1', 'state' => $this->left() ];
		World::$may = false;
		$this->assertStringStartsWith( 'died:', $this->ended( [ Connect::class, 'come_back' ] ) );
		$this->assertSame( [], World::$asked );
	}

	public function test_a_denied_key_is_said(): void {
		$_GET = [ 'alongside_error' => 'denied', 'state' => $this->left() ];
		$this->ended( [ Connect::class, 'come_back' ] );
		Connect::tell();
		$this->assertSame( [ 'Not connected: the key was denied.' ], WC_Admin_Settings::$errors );
	}

	public function test_a_refused_code_leaves_the_old_keys_as_they_were(): void {
		$this->connected();
		$this->ended( [ Connect::class, 'leave' ] );
		$_GET             = [ 'alongside_code' => 'old', 'state' => World::$transients['alongside_trip_1'] ];
		World::$answers[] = [ 403, '{"detail":"The code was used."}' ];
		$this->ended( [ Connect::class, 'come_back' ] );
		Connect::tell();
		$this->assertStringContainsString( 'The code was used.', WC_Admin_Settings::$errors[0] );
		$this->assertSame( self::KEY, Connection::known()->public_key );
	}

	public function test_other_admin_pages_are_not_ours(): void {
		$_GET = [ 'state' => 'of another plugin' ];
		Connect::come_back();
		$this->assertSame( [], World::$asked );
	}

	public function addresses(): array {
		return [
			[ 'https://recs.example/', 'https://recs.example' ],
			[ ' recs.example ', 'https://recs.example' ],
			[ 'http://10.0.0.5:8000', 'http://10.0.0.5:8000' ],
			[ 'https://shop.example/recs/', 'https://shop.example/recs' ],
			[ 'javascript://alert(1)', '' ],
			[ 'ftp://recs.example', '' ],
			[ 'https://user:pw@recs.example', '' ],
			[ 'https://recs.example/?a=b', '' ],
			[ 'https://', '' ],
			[ '', '' ],
		];
	}

	/** @dataProvider addresses */
	public function test_addresses_are_kept_in_one_form( string $given, string $kept ): void {
		$this->assertSame( $kept, Connection::address( $given ) );
	}

	public function test_keys_by_hand_and_empty_secrets_stay(): void {
		$this->connected();
		$_POST = [ 'alongside_base_url' => 'recs2.example', 'alongside_public_key' => 'pk_another-key_1', 'alongside_customer_key' => '', 'alongside_report_token' => 'no good' ];
		( new Settings() )->process_admin_options();
		$known = Connection::known();
		$this->assertSame( [ 'https://recs2.example', 'pk_another-key_1', 'customer-key-of-the-shop', 'report-key-of-the-shop' ], [ $known->base_url, $known->public_key, $known->customer_key, $known->report_token ] );
		$this->assertCount( 1, WC_Admin_Settings::$errors );
	}

	public function test_who_may_not_manage_the_shop_saves_nothing(): void {
		World::$may = false;
		$_POST      = [ 'alongside_base_url' => 'evil.example' ];
		$this->assertFalse( ( new Settings() )->process_admin_options() );
		$this->assertSame( '', Connection::known()->base_url );
	}

	public function test_secrets_go_in_and_never_out_again(): void {
		$this->connected();
		World::$answers[] = [ 200, '{}' ];
		$html             = $this->printed( [ Alongside\ConnectionPanel::class, 'show' ] );
		$this->assertStringContainsString( self::KEY, $html );
		$this->assertStringNotContainsString( 'customer-key-of-the-shop', $html );
		$this->assertStringNotContainsString( 'report-key-of-the-shop', $html );
	}
}
