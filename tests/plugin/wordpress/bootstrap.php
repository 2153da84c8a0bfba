<?php
/**
 * Loads the plugin's classes beside functions that stand in for WordPress: small ones, that do what
 * WordPress does as far as these tests see. How the plugin gets on with a real WordPress is told in
 * docs/woocommerce-plugin.md.
 */

error_reporting( E_ALL );
define( 'ABSPATH', __DIR__ . '/' );
define( 'ARRAY_A', 'ARRAY_A' );
define( 'MINUTE_IN_SECONDS', 60 );
define( 'HOUR_IN_SECONDS', 3600 );
define( 'PLUGIN', dirname( __DIR__, 3 ) . '/plugin/woocommerce/alongside' );

require __DIR__ . '/stubs/World.php';
require __DIR__ . '/stubs/classes.php';
require __DIR__ . '/stubs/store.php';
require __DIR__ . '/stubs/wordpress.php';
require __DIR__ . '/stubs/woocommerce.php';
require __DIR__ . '/PluginTestCase.php';
require PLUGIN . '/alongside.php';
