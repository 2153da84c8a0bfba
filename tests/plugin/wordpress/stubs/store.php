<?php
/**
 * Orders, their lines and products, with meta in memory.
 */

trait HasMeta {
	public $meta  = [];
	public $saved = 0;

	public function update_meta_data( $key, $value ) {
		$this->meta[ $key ] = $value;
	}

	public function delete_meta_data( $key ) {
		unset( $this->meta[ $key ] );
	}

	public function get_meta( $key ) {
		return $this->meta[ $key ] ?? '';
	}

	public function meta_exists( $key ) {
		return isset( $this->meta[ $key ] );
	}

	public function save() {
		++$this->saved;
	}
}

class WC_Order_Item {
	use HasMeta;
}

class WC_Order_Item_Product extends WC_Order_Item {
	private $product;

	public function __construct( $product = 0 ) {
		$this->product = $product;
	}

	public function get_product_id() {
		return $this->product;
	}
}

class WC_Order {
	use HasMeta;

	private $items;

	public function __construct( array $items = [] ) {
		$this->items = $items;
	}

	public function get_items() {
		return $this->items;
	}
}

class WC_Product {
	public $id;
	public $type;
	public $price;
	public $in_stock = true;

	public function __construct( $id = 0, $type = 'simple', $price = 1.0 ) {
		$this->id    = $id;
		$this->type  = $type;
		$this->price = $price;
	}

	public function get_id() {
		return $this->id;
	}

	public function is_type( $type ) {
		return $type === $this->type;
	}

	public function is_purchasable() {
		return true;
	}

	public function is_in_stock() {
		return $this->in_stock;
	}
}

class WC_Webhook {
	public $topic;
	public $status = 'active';
	public $url;
	public $delivered = [];

	public function __construct( $topic, $url ) {
		$this->topic = $topic;
		$this->url   = $url;
	}

	public function get_topic() {
		return $this->topic;
	}

	public function get_status() {
		return $this->status;
	}

	public function get_delivery_url() {
		return $this->url;
	}

	public function deliver( $id ) {
		$this->delivered[] = $id;
	}
}

class WC_Data_Store {
	/** @var WC_Webhook[] */
	public static $webhooks = [];

	public static function load( $name ) {
		return new self();
	}

	public function search_webhooks( $args ) {
		return array_keys( self::$webhooks );
	}
}
