import InfoldGraph
import InfoldSystem

/// com.microsoft FusedConv: an activation of Conv(X, W, B) + Z.
///
/// The inputs and attributes are those of Conv, with the optional Z of Y's shape behind them; `activation` names the operator, and
/// `activation_params` lists its attributes.
package struct FusedConv: ContributedFloatingPointOperator {
  package static let name = "FusedConv"
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...4) }

  private let convolution: AttributeList
  private let activation: FusedActivation?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    convolution = attributes.forwarded(["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])
    let parameters = try attributes.floats("activation_params") ?? []
    activation = try attributes.string("activation").map { name throws(InfoldError) in
      try FusedActivation(name, parameters: parameters)
    }
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    var y = try network.add(Conv.name, [network[0], network[1], network[2]], convolution)
    if let z = network[3] {
      guard let own = network.shape(y), let other = network.shape(z) else { return nil }
      guard own.merged(with: other) != nil else {
        throw InfoldError(.invalidModel, "what is added has the shape \(other), and the convolution gives \(own)")
      }
      y = try network.add(Add.name, [y, z])
    }
    return [try activation?.apply(to: y, &network) ?? y]
  }
}
