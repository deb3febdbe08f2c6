import Infold

/// Three convolutions, the last one around a shortcut: x [N, 3, 32, 32] → scores [N, 10].
func residualNetwork() throws(InfoldError) -> Model {
  var network = NetworkBuilder(name: "residual", seed: 1)
  let x = network.input("x", ["N", 3, 32, 32])
  let first = try network.node("Relu", "first", [network.convolution(x, "1", from: 3, to: 16, stride: 2)])
  let second = try network.node("Relu", "second", [network.convolution(first, "2", from: 16, to: 32, stride: 2)])
  let third = try network.convolution(second, "3", from: 32, to: 32)
  let sum = try network.node("Relu", "sum", [network.node("Add", "add", [third, second])])
  return try network.model(network.classifier(sum, from: 32, to: 10))
}
