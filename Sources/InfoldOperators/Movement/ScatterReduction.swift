import InfoldGraph
import InfoldSystem
import InfoldTensor

extension ScatterND.Reduction {
  /// Reads the attribute `reduction` of ScatterND and ScatterElements.
  init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let allowed: [Self] = attributes.version < 18 ? [.none, .add, .mul] : Self.allCases
    let name = attributes.version < 16 ? nil : try attributes.string("reduction")
    guard let reduction = Self(rawValue: name ?? "none"), allowed.contains(reduction) else {
      throw InfoldError(
        .invalidModel,
        "reduction is \(String(quoting: name ?? "")) but must be one of "
          + allowed.map(\.rawValue).joined(separator: ", "))
    }
    self = reduction
  }

  /// The element types that the data may have.
  var elementTypes: ElementTypeSet { self == .none ? .all : .numeric }

  /// Returns `data` with the slices of `length` elements at `starts` replaced by, or combined with,
  /// those of `updates`, in order.
  /// - Precondition: The slices lie within the data, and both tensors have the same type.
  func scatter(
    _ updates: Tensor, into data: Tensor, at starts: [Int], length: Int
  ) throws(InfoldError) -> Tensor {
    if self == .none {
      var result = data
      for (index, start) in starts.enumerated() {
        try result.copyBlocks(
          1, of: length, from: updates, at: .init(start: index * length, stride: 0),
          to: .init(start: start, stride: 0))
      }
      return result
    }
    return try withElementType(
      of: [data, updates],
      floatingPoint: { (tensors, type) throws(InfoldError) in
        func reduce<Element: FloatingPointElement>(_: Element.Type) throws(InfoldError) -> Tensor {
          try combine(tensors, starts, length, by: floatingPoint(Element.self))
        }
        return try reduce(type)
      },
      integer: { (tensors, type) throws(InfoldError) in
        func reduce<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
          try combine(tensors, starts, length, by: integer(Element.self))
        }
        return try reduce(type)
      })
  }

  private func floatingPoint<Element: FloatingPointElement>(_: Element.Type) -> (Element, Element) -> Element {
    switch self {
    case .none: { $1 }
    case .add: { $0 + $1 }
    case .mul: { $0 * $1 }
    case .max: { $0 > $1 || $0.isNaN ? $0 : $1 }
    case .min: { $0 < $1 || $0.isNaN ? $0 : $1 }
    }
  }

  private func integer<Element: IntegerElement>(_: Element.Type) -> (Element, Element) -> Element {
    switch self {
    case .none: { $1 }
    case .add: { $0 &+ $1 }
    case .mul: { $0 &* $1 }
    case .max: { Swift.max($0, $1) }
    case .min: { Swift.min($0, $1) }
    }
  }

  private func combine<Element: NumericElement>(
    _ tensors: [Tensor], _ starts: [Int], _ length: Int, by reduce: (Element, Element) -> Element
  ) throws(InfoldError) -> Tensor {
    var result = tensors[0]
    try result.withMutableSpan(as: Element.self) { result in
      tensors[1].withElements(as: Element.self) { updates in
        for (slice, start) in starts.enumerated() {
          for index in 0..<length {
            result[start + index] = reduce(result[start + index], updates[slice * length + index])
          }
        }
      }
    }
    return result
  }
}
