import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The input tensors of a run: read from files, and random for the rest.
struct ModelInputs {
  private let inputs: [ValueInfo]
  private var tensors: [String: Tensor] = [:]
  private let shapes: InputShapes
  /// The sizes of symbols that tensor files determine.
  private var sizes: [String: Int] = [:]
  /// For measurements: the exclusive upper bound of random indices, by name of the input. `nil`
  /// outside of measurements.
  private let positions: [String: Int]?

  /// Reads the files of `--input`.
  /// - Parameters:
  ///   - inputs: The inputs of the model, bound to `shapes`.
  ///   - shapes: The shapes of `--shape`.
  ///   - positions: Passed for measurements, in which random integers must be valid: for each input
  ///     that holds indices, the number of valid positions. Random integers of other inputs are
  ///     then 0 or 1, and a single integer is 1.
  /// - Throws: `InfoldError` if an argument is malformed, an input is repeated or unknown, or a
  ///   file cannot be read or does not have the shape of `--shape`.
  init(
    _ inputs: [ValueInfo], files: [String], shapes: InputShapes, positions: [String: Int]? = nil
  ) throws(InfoldError) {
    self.inputs = inputs
    self.positions = positions
    self.shapes = shapes
    for argument in files {
      let file = try InputFile(argument, inputs: inputs)
      guard tensors[file.name] == nil else {
        throw InfoldError(.invalidArgument, "--input gives \(String(quoting: file.name)) twice")
      }
      let tensor = try file.tensor()
      let declared = inputs.first { $0.name == file.name }?.type?.shape
      if !shapes.sizes.isEmpty, let declared, !declared.admits(tensor.shape) {
        throw InfoldError(
          .invalidArgument,
          "--input gives \(String(quoting: file.name)) the shape \(tensor.shape), but with --shape the model expects \(declared)"
        )
      }
      tensors[file.name] = tensor
      bindSymbols(of: file.name, to: tensor.shape)
    }
  }

  /// The tensors from files.
  var given: [String: Tensor] { tensors }

  /// Creates a tensor of random numbers.
  typealias RandomTensor = (_ shape: [Int], _ type: ElementType, inout SplitMix64) throws(InfoldError) -> Tensor

  /// The tensors of a run. With a seed, inputs without a file are random, unless they have a
  /// default value and no shape from `--shape`.
  ///
  /// The random numbers of the first input begin at the state `seed` of SplitMix64; those of input
  /// number k > 0 begin at the k-th number of that stream.
  /// - Throws: `InfoldError` with `.invalidArgument` that lists the missing inputs if there is no
  ///   seed, or the inputs of unknown size.
  func complete(
    seed: UInt64?,
    random: RandomTensor = { (shape, type, generator) throws(InfoldError) in
      try Tensor(random: shape, of: type, using: &generator)
    }
  ) throws(InfoldError) -> [String: Tensor] {
    let missing = inputs.filter { input in
      tensors[input.name] == nil && (!input.hasDefault || seed != nil && shapes.sizes[input.name] != nil)
    }
    guard let seed else {
      guard missing.isEmpty else {
        throw InfoldError(
          .invalidArgument, "missing input: \(missing.map(\.nameAndType).joined(separator: ", "))",
          hint: "pass a file with --input NAME=FILE, or use random numbers with --random SEED")
      }
      return tensors
    }
    var completed = tensors
    var targets: [Target] = []
    for input in missing { targets.append(try target(for: input)) }
    let unknown = targets.filter { $0.sizes == nil }
    guard unknown.isEmpty else {
      throw InfoldError(
        .invalidArgument,
        "dynamic dimensions without a size: \(unknown.map(\.input.nameAndType).joined(separator: ", "))",
        hint: "set them with --shape NAME=1x3x224x224")
    }
    let places = Dictionary(inputs.enumerated().map { ($1.name, $0) }) { first, _ in first }
    for (input, type, sizes) in targets {
      guard let sizes else { continue }
      var generator = SplitMix64(seed: seed)
      let position = places[input.name]!
      if position > 0 {
        generator.skip(position - 1)
        generator = SplitMix64(seed: generator.next())
      }
      guard let count = checkedProduct(sizes), let bytes = type.byteCount(of: count), bytes <= MachineMemory.byteCount
      else {
        throw InfoldError(
          .limitExceeded, "the input \(String(quoting: input.name)) of shape \(sizes) does not fit into memory")
      }
      if let positions, let count = Self.valueCount(of: type, positions[input.name]) {
        // A single number, such as a loop's trip count, is 1 if any value is valid.
        let isLone = checkedProduct(sizes) == 1 && positions[input.name] == nil
        completed[input.name] =
          try isLone
          ? Tensor(shape: sizes, [1 as Int64]).cast(to: type)
          : Tensor(random: sizes, of: type, below: count, using: &generator)
      } else {
        completed[input.name] = try random(sizes, type, &generator)
      }
    }
    return completed
  }

  /// The number of values that random integers of this type take in a measurement, or `nil` for
  /// other types and for integers that cover their type. 8-bit integers, such as pixels, cover
  /// their type unless they are indices.
  private static func valueCount(of type: ElementType, _ positions: Int?) -> Int? {
    switch type {
    case .int16, .uint16, .int32, .uint32, .int64, .uint64: positions ?? 2
    case .int8, .uint8: positions
    default: nil
    }
  }

  private typealias Target = (input: ValueInfo, type: ElementType, sizes: [Int]?)

  private func target(for input: ValueInfo) throws(InfoldError) -> Target {
    guard let type = input.type else {
      throw InfoldError(.unsupported, "the input \(String(quoting: input.name)) is not a tensor")
    }
    return (input, type.elementType, type.shape.flatMap(resolved))
  }

  /// The sizes of a shape: those of known symbols, and 1 for a dynamic batch dimension. `nil` if
  /// others are unknown.
  private func resolved(_ shape: Shape) -> [Int]? {
    var resolved: [Int] = []
    for (axis, dimension) in shape.enumerated() {
      switch dimension {
      case .fixed(let size): resolved.append(size)
      case .symbol(let symbol) where sizes[symbol] != nil: resolved.append(sizes[symbol]!)
      case .symbol, .unknown:
        guard axis == 0 else { return nil }
        resolved.append(1)
      }
    }
    return resolved
  }

  private mutating func bindSymbols(of name: String, to shape: [Int]) {
    guard let declared = inputs.first(where: { $0.name == name })?.type?.shape, declared.rank == shape.count else {
      return
    }
    for case (.symbol(let symbol), let size) in zip(declared, shape) { sizes[symbol] = sizes[symbol] ?? size }
  }
}

extension ModelInputs {
  /// The inputs for a measurement, where random integers are valid for the model.
  init(measuring model: Model, files: [String], shapes: InputShapes) throws(InfoldError) {
    try self.init(
      model.graph.inputs.map(model.graph.info), files: files, shapes: shapes, positions: model.graph.indexedPositions())
  }
}
