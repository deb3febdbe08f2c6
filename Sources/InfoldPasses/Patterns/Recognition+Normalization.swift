import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Recognition {
  /// Writes a normalization over the last dimensions, with captured sizes. If no scale was
  /// captured, it is one.
  ///
  /// ε must be positive and exactly representable as a `Float`, because the attribute is one.
  static func normalization(
    _ opType: String, _ version: Int, of input: Capture<ValueID>, over sizes: Capture<[Int]>, epsilon: Capture<Double>,
    scale: Capture<ValueID>, shift: Capture<ValueID>? = nil
  ) -> Writing {
    { (node, match, context, editor) throws(InfoldError) in
      guard let x = match[input], let type = context.type(x)?.elementType, type.isFloatingPoint,
        let sizes = match[sizes], let epsilon = match[epsilon], epsilon > 0, Double(Float(epsilon)) == epsilon
      else { return nil }
      let ones = try Tensor(repeating: Float(1), shape: sizes).converted(to: type)
      let factor = match[scale] ?? editor.addConstant("\(context.graph.label(of: node)) scale", ones)
      return Replacement(
        try Node(
          name: node.name, opType: opType, opsetVersion: version,
          attributes: ["axis": .int(Int64(-sizes.count)), "epsilon": .float(Float(epsilon))],
          inputs: [x, factor] + (shift.flatMap { match[$0] }.map { [$0] } ?? []), outputs: node.outputs))
    }
  }
}
