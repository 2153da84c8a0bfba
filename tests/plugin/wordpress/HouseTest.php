<?php

use PHPUnit\Framework\TestCase;

/** What holds for every PHP file of the plugin, read as tokens. */
final class HouseTest extends TestCase {

	/** What makes a text safe to print, or is a number or a text of ours. */
	private const SAFE = [ 'esc_html', 'esc_attr', 'esc_url', 'esc_html__', 'esc_attr__', 'selected', 'wp_kses_post', 'absint' ];

	/** Tokens that PHP 7.4, which WordPress still runs on, does not know. */
	private const TOO_NEW = [ 'T_MATCH', 'T_ENUM', 'T_READONLY', 'T_NULLSAFE_OBJECT_OPERATOR', 'T_ATTRIBUTE' ];

	public function files(): array {
		$found = [];
		$every = new RecursiveIteratorIterator( new RecursiveDirectoryIterator( PLUGIN, FilesystemIterator::SKIP_DOTS ) );
		foreach ( $every as $file ) {
			if ( 'php' === $file->getExtension() && false === strpos( $file->getPathname(), '.l10n.' ) ) {
				$found[ substr( $file->getPathname(), strlen( PLUGIN ) + 1 ) ] = [ $file->getPathname() ];
			}
		}
		return $found;
	}

	/** @dataProvider files */
	public function test_a_file_says_what_it_is_for_and_ends_when_called_directly( string $path ): void {
		$text = file_get_contents( $path );
		$this->assertMatchesRegularExpression( '#^<\?php\n/\*\*\n \* \S#', $text );
		$this->assertMatchesRegularExpression( '/^defined\( \'(ABSPATH|WP_UNINSTALL_PLUGIN)\' \) \|\| exit;$/m', $text );
		$this->assertLessThan( 260, substr_count( $text, "\n" ) );
	}

	/** @dataProvider files */
	public function test_a_file_runs_on_the_oldest_php( string $path ): void {
		$tokens = token_get_all( file_get_contents( $path ) );
		foreach ( $tokens as $i => $token ) {
			if ( is_array( $token ) ) {
				$this->assertNotContains( token_name( $token[0] ), self::TOO_NEW, "line $token[2]" );
			}
		}
		$code = self::without_words( $tokens );
		$this->assertDoesNotMatchRegularExpression( '/\(\s*(public|private|protected)\s/', $code, 'promoted in a constructor' );
		$this->assertDoesNotMatchRegularExpression( '/\)\s*:\s*(static|mixed|never)\b|[:(,]\s*\??\w+\|\w+\s+\$/', $code, 'types of PHP 8' );
		$this->assertDoesNotMatchRegularExpression( '/\b(str_contains|str_starts_with|str_ends_with|array_is_list|get_debug_type)\s*\(/', $code );
	}

	/**
	 * Each part of an `echo`, and each value of a `printf`, is escaped where it is printed. What is
	 * not says why, in a comment on its line.
	 *
	 * @dataProvider files
	 */
	public function test_what_is_printed_is_escaped_where_it_is_printed( string $path ): void {
		$code = preg_replace( '#^.*// phpcs:ignore -- \S.*$#m', '', file_get_contents( $path ) );
		$code = preg_replace( '#(?<!:)//.*$#m', '', preg_replace( '#/\*.*?\*/#s', '', $code ) );
		preg_match_all( '/\b(?:echo\s+|(?<!s)printf\()(.*?);\n/s', $code, $found );
		foreach ( $found[1] as $printed ) {
			foreach ( self::parts( $printed ) as $part ) {
				$part = trim( $part, " \t\n)" );
				$safe = '' === $part || preg_match( '/^\'[^\']*\'$/', $part ) || preg_match( '/^(' . implode( '|', self::SAFE ) . ')\(/', $part );
				$this->assertTrue( (bool) $safe, "printed as it is: $part" );
			}
		}
		$this->addToAssertionCount( 1 );
	}

	/** @dataProvider files */
	public function test_requests_are_read_in_few_places_and_there_unslashed( string $path ): void {
		foreach ( explode( "\n", file_get_contents( $path ) ) as $line ) {
			if ( preg_match( '/\$_(GET|POST|SERVER|COOKIE|REQUEST)\b/', $line ) ) {
				$this->assertStringContainsString( 'wp_unslash', $line );
				$this->assertStringNotContainsString( '$_COOKIE', $line );
				$this->assertStringNotContainsString( '$_REQUEST', $line );
			}
		}
		$this->addToAssertionCount( 1 );
	}

	public function test_each_class_lies_in_the_file_of_its_name(): void {
		foreach ( glob( PLUGIN . '/src/*.php' ) as $path ) {
			preg_match_all( '/^(?:final |abstract )?class (\w+)/m', file_get_contents( $path ), $found );
			$this->assertSame( [ basename( $path, '.php' ) ], $found[1] );
		}
	}

	private static function without_words( array $tokens ): string {
		$code = '';
		foreach ( $tokens as $token ) {
			$words = is_array( $token ) && in_array( $token[0], [ T_COMMENT, T_DOC_COMMENT, T_CONSTANT_ENCAPSED_STRING, T_ENCAPSED_AND_WHITESPACE ], true );
			$code .= $words ? '' : ( is_array( $token ) ? $token[1] : $token );
		}
		return $code;
	}

	/** The arguments of a call, or the parts of an echo: split at commas that are not within others. */
	private static function parts( string $text ): array {
		$parts  = [ '' ];
		$depth  = 0;
		$quoted = false;
		foreach ( str_split( $text ) as $char ) {
			$quoted = '\'' === $char ? ! $quoted : $quoted;
			$depth += $quoted ? 0 : [ '(' => 1, '[' => 1, ')' => -1, ']' => -1 ][ $char ] ?? 0;
			if ( ',' === $char && 0 === $depth && ! $quoted ) {
				$parts[] = '';
				continue;
			}
			$parts[ count( $parts ) - 1 ] .= $char;
		}
		return $parts;
	}
}
