/// Returns the product of `sizes`, 1 if there are none, or `nil` if it overflows `Int`. The product
/// is zero if any size is zero.
package func checkedProduct(_ sizes: some Sequence<Int>) -> Int? {
  var product = 1
  var overflowed = false
  for size in sizes {
    if size == 0 { return 0 }
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    product = next
    overflowed = overflowed || overflow
  }
  return overflowed ? nil : product
}

/// Returns the product of `sizes`, clamped to `Int.max`, for estimates of work.
package func saturatedProduct(_ sizes: Int...) -> Int { checkedProduct(sizes) ?? .max }
