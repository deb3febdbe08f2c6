import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Rewrites a float32 network to store and compute its values in float16 or bfloat16: the inverse
/// of `WidenNarrowTypes`.
///
/// A node is converted if its operator computes the same function in the narrow type
/// (`Operator.widening`) and its shape rule accepts the type. All other nodes keep float32, between
/// two Casts. Inputs that an operator defines as float32, such as the scales of Resize, keep
/// float32 as well. A node also keeps float32 if a constant that it reads overflows the narrow
/// type, or if a scalar constant becomes zero in it, such as an epsilon of 1e-12.
package struct NarrowFloats {
  /// The narrow type: float16 or bfloat16.
  package let type: ElementType
  /// Whether graph inputs and outputs keep float32.
  package let keepsInterface: Bool
  /// The names of values that must stay float32.
  package let float32Values: Set<String>
  /// The opset of the graph's nodes in ONNX's own domain.
  package let opsetVersion: Int

  /// Creates the rewrite.
  /// - Precondition: `type` is float16 or bfloat16.
  package init(_ type: ElementType, keepsInterface: Bool, float32Values: Set<String> = [], opsetVersion: Int) {
    precondition(type.isNarrow)
    self.opsetVersion = opsetVersion
    self.type = type
    self.keepsInterface = keepsInterface
    self.float32Values = float32Values
  }

  /// The result of the rewrite.
  package struct Result {
    /// The rewritten graph, its types inferred.
    package let graph: Graph
    /// The nodes that compute in the narrow type.
    package let convertedNodes: Int
    /// The nodes that keep float32, with reasons.
    package let refusals: [PassResult.Entry]
    /// The constants that were converted to the narrow type.
    package let constants: [NarrowedConstant]
  }

  /// Rewrites `graph`.
  /// - Precondition: The types of the graph's values are inferred, and its constants are
  ///   initializers.
  /// - Throws: `InfoldError` if a rewritten node violates a rule of its operator.
  package func rewritten(_ graph: consuming Graph) throws(InfoldError) -> Result {
    var narrowing = NetworkNarrowing(consume graph, self)
    return try narrowing.narrowed()
  }
}

/// The effect of a narrow type on the numbers of a constant.
package struct NarrowedConstant {
  /// The name of the value.
  package let name: String
  /// The number of elements.
  package let count: Int
  /// The number of finite elements beyond the largest number of the type.
  package let overflows: Int
  /// The number of nonzero elements that become zero.
  package let vanished: Int
  /// The number of nonzero elements that become subnormal, with fewer significant bits.
  package let subnormal: Int
  /// The largest magnitude of a finite element.
  package let largest: Float

  /// Counts the losses of converting `tensor` to `type`.
  /// - Precondition: The tensor is float32.
  init(_ name: String, _ tensor: Tensor, as type: ElementType) {
    self.name = name
    count = tensor.count
    let range = NarrowRange(type)
    var (overflows, vanished, subnormal, largest) = (0, 0, 0, Float.zero)
    tensor.withElements { (numbers: Span<Float>) in
      for index in numbers.indices {
        let magnitude = numbers[index].magnitude
        guard magnitude > 0, magnitude.isFinite else { continue }
        largest = max(largest, magnitude)
        if magnitude >= range.overflow {
          overflows += 1
        } else if magnitude <= range.vanishing {
          vanished += 1
        } else if magnitude < range.leastNormal {
          subnormal += 1
        }
      }
    }
    self.overflows = overflows
    self.vanished = vanished
    self.subnormal = subnormal
    self.largest = largest
  }

  /// Whether the type represents the constant well enough: no element overflows, and a scalar does
  /// not become zero.
  var isHeld: Bool { overflows == 0 && (vanished == 0 || count > 1) }
}

/// The range of a narrow type, as float32 numbers.
package struct NarrowRange {
  /// The smallest magnitude that rounds to infinity.
  package let overflow: Float
  /// The largest finite number.
  package let largest: Float
  /// The largest magnitude that rounds to zero.
  package let vanishing: Float
  /// The smallest normal magnitude.
  package let leastNormal: Float

  /// Creates the range of float16 or bfloat16.
  package init(_ type: ElementType) {
    let isHalf = type == .float16
    let (exponent, digits, least) = isHalf ? (15, 10, -14) : (127, 7, -126)
    largest = Float(
      sign: .plus, exponent: exponent, significand: 2 - Float(sign: .plus, exponent: -digits, significand: 1))
    // A number half a unit in the last place above the largest number ties to even: to infinity.
    overflow = largest + Float(sign: .plus, exponent: exponent - digits - 1, significand: 1)
    leastNormal = Float(sign: .plus, exponent: least, significand: 1)
    // Half of the smallest subnormal number ties to even: to zero.
    vanishing = Float(sign: .plus, exponent: least - digits - 1, significand: 1)
  }
}
