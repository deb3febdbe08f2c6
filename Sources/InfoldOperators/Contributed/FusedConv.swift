import InfoldGraph
import InfoldSystem

/// com.microsoft FusedConv: an activation of Conv(X, W, B) + Z.
///
/// The inputs and attributes are those of Conv, followed by the optional Z with the shape of Y.
/// `activation` is the name of the activation, and `activation_params` lists its attributes.
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
        throw InfoldError(.invalidModel, "shape mismatch: Z is \(other), but the convolution returns \(own)")
      }
      y = try network.add(Add.name, [y, z])
    }
    return [try activation?.apply(to: y, &network) ?? y]
  }
}
