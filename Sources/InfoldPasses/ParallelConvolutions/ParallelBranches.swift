import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A sum of linear functions of one value.
struct ParallelBranches {
  enum Branch {
    /// A convolution with constant weights.
    case convolution(weight: ValueID, bias: ValueID?, BranchWindow)
    /// A scale and a shift of each channel.
    case map(ChannelAffine)
    /// The value itself.
    case input
  }

  let input: ValueID
  /// The channels of the input and of the sum.
  let inputChannels: Int
  let outputChannels: Int
  private(set) var branches: [Branch]
  /// The nodes that compute the sum, in order.
  var nodes: [NodeID]
  /// The window of the convolution that can hold the weights of all branches, or `nil` if there is
  /// no convolution.
  private(set) var window: BranchWindow?

  init(convolving input: ValueID, _ branch: Branch, _ window: BranchWindow, inputs: Int, outputs: Int, node: NodeID) {
    (self.input, inputChannels, outputChannels) = (input, inputs, outputs)
    (branches, nodes, self.window) = ([branch], [node], window)
  }

  init(mapping input: ValueID, by affine: ChannelAffine, node: NodeID) {
    (self.input, inputChannels, outputChannels) = (input, affine.channels, affine.channels)
    (branches, nodes) = ([.map(affine)], [node])
  }

  /// The number of branches is limited, because each addition traverses all of them.
  private static let mostBranches = 64

  /// Whether merging saves work. If the only other branch is the value itself, it saves nothing,
  /// and the value would lose precision.
  var isWorthwhile: Bool {
    let functions = branches.count {
      if case .input = $0 { false } else { true }
    }
    return window != nil && functions > 1
  }

  /// Returns the sum with other branches.
  /// - Returns: `nil` if one convolution cannot compute both, or would be more work.
  func adding(_ other: ParallelBranches) -> ParallelBranches? {
    guard inputChannels == other.inputChannels, outputChannels == other.outputChannels,
      branches.count + other.branches.count <= Self.mostBranches
    else { return nil }
    var sum = self
    sum.branches += other.branches
    sum.nodes += other.nodes
    switch (window, other.window) {
    case (let own?, let others?):
      if own.hasPlace(for: others) {
        sum.window = own
      } else if others.hasPlace(for: own) {
        sum.window = others
      } else {
        return nil
      }
    case (let window?, nil), (nil, let window?):
      guard hasPlaceForChannels(window) else { return nil }
      sum.window = window
    case (nil, nil): break
    }
    return sum
  }

  func addingInput() -> ParallelBranches? {
    guard inputChannels == outputChannels, branches.count < Self.mostBranches,
      window.map(hasPlaceForChannels) ?? true
    else { return nil }
    var sum = self
    sum.branches.append(.input)
    return sum
  }

  private func hasPlaceForChannels(_ window: BranchWindow) -> Bool {
    inputChannels == outputChannels
      && window.hasPlace(for: BranchWindow(ofOnePositionOfRank: window.kernel.count, channels: inputChannels))
  }
}

extension BranchWindow {
  /// Returns whether weights for this window and these groups can hold those of another.
  fileprivate func hasPlace(for other: BranchWindow) -> Bool {
    other.groups % groups == 0 && elements(under: other) != nil
  }
}

extension ParallelBranches {
  /// Returns the weight and bias of the convolution that computes the sum of all branches, or `nil`
  /// if they overflow the type.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  func parameters(of graph: Graph, in type: ElementType) throws(InfoldError) -> (weight: Tensor, bias: Tensor?)? {
    guard let window else { return nil }
    var sum = WeightSum(window, inputs: inputChannels, outputs: outputChannels)
    let point = BranchWindow(ofOnePositionOfRank: window.kernel.count, channels: inputChannels)
    var bias: [Double]?
    func add(_ summands: [Double]) {
      bias = bias.map { zip($0, summands).map(+) } ?? summands
    }
    for branch in branches {
      switch branch {
      case .convolution(let weight, let summand, let window):
        sum.add(try graph.constant(weight)!.widened().elements(), window)
        if let summand { add(try graph.constant(summand)!.widened().elements()) }
      case .map(let affine):
        sum.add(affine.scale, point)
        add(affine.shift)
      case .input: sum.add(Array(repeating: 1, count: inputChannels), point)
      }
    }
    guard (sum.weight + (bias ?? [])).allSatisfy(type.canHold) else { return nil }
    let shape = [outputChannels, inputChannels / window.groups] + window.kernel
    let tensor = try Tensor(shape: shape, sum.weight).converted(to: type)
    return (
      tensor,
      try bias.map { (numbers) throws(InfoldError) in
        try Tensor(shape: [numbers.count], numbers).converted(to: type)
      }
    )
  }
}

/// The sum of weights, each added at its position.
private struct WeightSum {
  private let window: BranchWindow
  private let inputs: Int
  private let outputs: Int
  private(set) var weight: [Double]

  init(_ window: BranchWindow, inputs: Int, outputs: Int) {
    (self.window, self.inputs, self.outputs) = (window, inputs, outputs)
    weight = Array(repeating: 0, count: outputs * (inputs / window.groups) * window.count)
  }

  mutating func add(_ other: [Double], _ otherWindow: BranchWindow) {
    let elements = window.elements(under: otherWindow)!
    let (ownInputs, otherInputs) = (inputs / window.groups, inputs / otherWindow.groups)
    var source = 0
    for output in 0..<outputs {
      // The first channel that the other convolution reads, relative to the first one that this one
      // reads.
      let otherFirst = output / (outputs / otherWindow.groups) * otherInputs
      let first = otherFirst - output / (outputs / window.groups) * ownInputs
      for input in first..<first + otherInputs {
        let target = (output * ownInputs + input) * window.count
        for element in elements {
          weight[target + element] += other[source]
          source += 1
        }
      }
    }
  }
}
