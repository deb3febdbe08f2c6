import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An activation of a recurrent operator with its parameters. Its argument is clipped first.
package struct RecurrentActivation: Sendable, Hashable {
  /// The activation functions of recurrent operators in ONNX.
  package enum Function: String, Sendable, CaseIterable {
    case relu, tanh, sigmoid, affine, leakyrelu, thresholdedrelu, scaledtanh, hardsigmoid, elu, softsign, softplus

    /// The default alpha and beta; `nil` for parameters that the function does not have.
    var defaults: (alpha: Float?, beta: Float?) {
      switch self {
      case .relu, .tanh, .sigmoid, .softsign, .softplus: (nil, nil)
      case .affine: (1, 0)
      case .leakyrelu: (0.01, nil)
      case .thresholdedrelu, .elu: (1, nil)
      case .scaledtanh: (1, 1)
      case .hardsigmoid: (0.2, 0.5)
      }
    }
  }

  /// The function.
  package var function: Function
  /// The first parameter, if the function has one.
  package var alpha: Float
  /// The second parameter, if the function has one.
  package var beta: Float
  /// The bound of the argument's magnitude; ∞ for no clipping.
  package var clip: Float

  /// Returns the result for `argument`.
  func callAsFunction<Element: FloatingPointElement>(_ argument: Element) -> Element {
    let clip = Element(clip), alpha = Element(alpha), beta = Element(beta)
    let x = argument > clip ? clip : argument < -clip ? -clip : argument
    switch function {
    case .relu: return x < 0 ? 0 : x
    case .tanh: return .tanh(x)
    case .sigmoid: return 1 / (1 + .exp(-x))
    case .affine: return alpha * x + beta
    case .leakyrelu: return x < 0 ? alpha * x : x
    case .thresholdedrelu: return x > alpha ? x : 0
    case .scaledtanh: return alpha * .tanh(beta * x)
    case .hardsigmoid:
      let y = alpha * x + beta
      return y < 0 ? 0 : y > 1 ? 1 : y
    case .elu: return x < 0 ? alpha * .expMinusOne(x) : x
    case .softsign: return x / (1 + x.magnitude)
    case .softplus: return (x > 0 ? x : 0) + .log(onePlus: .exp(-x.magnitude))
    }
  }
}

extension RecurrentActivation {
  /// Reads `activations`, `activation_alpha`, `activation_beta` and `clip`. Each direction has as
  /// many activations as there are `defaults`. For a single direction, a list for two is accepted.
  /// The parameters are assigned, in order, to the functions that have them.
  static func read(
    _ attributes: inout AttributeReader, defaults: [Function], directions: Int
  ) throws(InfoldError) -> [[RecurrentActivation]] {
    let names = try attributes.strings("activations")
    var alphas = try attributes.floats("activation_alpha") ?? []
    var betas = try attributes.floats("activation_beta") ?? []
    let clip = try attributes.float("clip") ?? .infinity
    guard clip >= 0 else { throw InfoldError(.invalidModel, "clip is \(clip) but must not be negative") }
    if let names, names.count != defaults.count * directions, names.count != defaults.count * 2 {
      throw InfoldError(
        .invalidModel, "there are \(counted(names.count, "activation")) but must be \(defaults.count * directions)")
    }
    var activations: [[RecurrentActivation]] = []
    for direction in 0..<directions {
      var ofDirection: [RecurrentActivation] = []
      for (index, standard) in defaults.enumerated() {
        let name = names?[direction * defaults.count + index]
        guard let function = name.map({ Function(rawValue: $0.lowercased()) }) ?? standard else {
          throw InfoldError(.invalidModel, "unknown activation \(String(quoting: name ?? ""))")
        }
        let (alpha, beta) = function.defaults
        ofDirection.append(
          RecurrentActivation(
            function: function,
            alpha: alpha.map { alphas.isEmpty ? $0 : alphas.removeFirst() } ?? 0,
            beta: beta.map { betas.isEmpty ? $0 : betas.removeFirst() } ?? 0, clip: clip))
      }
      activations.append(ofDirection)
    }
    guard alphas.isEmpty, betas.isEmpty else {
      throw InfoldError(
        .invalidModel, "activation_alpha or activation_beta has more elements than activations take")
    }
    return activations
  }
}
