/// The product of `sizes`, 1 for none; `nil` where it does not fit an `Int`. A zero anywhere makes it zero.
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

/// The product of `sizes`, at most `Int.max`: for estimates of work.
package func saturatedProduct(_ sizes: Int...) -> Int { checkedProduct(sizes) ?? .max }
