import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Sequences, which passes replace with tensors.
extension RandomNetwork {
  /// A sequence that is created, changed, and then split or concatenated.
  mutating func addSequence(_ x: Operand) throws(InfoldError) {
    guard x.sizes.allSatisfy({ $0 > 0 }) else { return try addActivation(x) }
    var parts: [[Int]], sequence: ValueID, isOpen = false
    if random.oneIn(2) {
      (sequence, parts, isOpen) = try split(x)
    } else {
      var tensors = [x]
      for _ in 0..<random.int(0...3) { tensors.append(random.pick(random.oneIn(3) ? values : like(x))) }
      tensors.shuffle(using: &random)
      if random.oneIn(3) {
        sequence = try builder.node("SequenceEmpty", [])
        for tensor in tensors { sequence = try builder.node("SequenceInsert", [sequence, tensor.id]) }
      } else {
        sequence = try builder.node("SequenceConstruct", tensors.map(\.id))
      }
      parts = tensors.map(\.sizes)
    }
    for _ in 0..<random.pick([0, 0, 1, 2]) { try change(&sequence, &parts) }
    try use(sequence, parts, isOpen: isOpen)
    if random.oneIn(2) { try use(sequence, parts, isOpen: isOpen) }
  }

  /// A sequence of the parts of a value along an axis.
  /// - Returns: The sequence, the sizes of its tensors, and whether a run decides them.
  private mutating func split(_ x: Operand) throws(InfoldError) -> (ValueID, [[Int]], Bool) {
    let axis = random.int(0...(x.rank - 1)), size = x.sizes[axis]
    var attributes: AttributeList = ["axis": .int(Int64(random.oneIn(2) ? axis : axis - x.rank))]
    var inputs: [ValueID?] = [x.id], lengths: [Int] = Array(repeating: 1, count: size), isKept = true, isOpen = false
    switch random.int(0...2) {
    case 0:
      if random.oneIn(2) {
        attributes["keepdims"] = .int(0)
        isKept = false
      }
    case 1:
      // The number of longer parts depends on the size of the axis, which must be known.
      let length = computesSizes || hasOpenSizes ? 1 : random.int(1...size)
      lengths = Array(repeating: length, count: size / length) + (size % length == 0 ? [] : [size % length])
      inputs.append(try builder.constant(Tensor(scalar: Int64(length))))
    default:
      let first = random.int(0...size)
      lengths = [first, size - first]
      let other = random.int(0...size)
      isOpen = random.oneIn(2)
      inputs.append(
        !isOpen
          ? try list(lengths)
          : try decide(
            Tensor(shape: [2], lengths.map(Int64.init)),
            or: Tensor(shape: [2], [Int64(other), Int64(size - other)])))
    }
    let sequence = try builder.node("SplitToSequence", inputs, attributes: attributes)
    return (
      sequence,
      lengths.map { length in
        var sizes = x.sizes
        if isKept { sizes[axis] = length } else { sizes.remove(at: axis) }
        return sizes
      }, isOpen
    )
  }

  /// Inserts a tensor into a sequence, or erases one, at a constant position or at the end.
  private mutating func change(_ sequence: inout ValueID, _ parts: inout [[Int]]) throws(InfoldError) {
    // If the length of a sequence depends on the run, all tensors have the same shape, and only the end can be changed.
    let isFixed = !computesSizes && !hasOpenSizes
    if random.oneIn(2), parts.count > 1 {
      var inputs: [ValueID?] = [sequence], place = parts.count - 1
      if isFixed, random.oneIn(2) {
        place = random.int(0...(parts.count - 1))
        inputs.append(try position(place, of: parts.count))
      }
      sequence = try builder.node("SequenceErase", inputs)
      parts.remove(at: place)
    } else {
      let alike = values.filter { value in
        isFixed ? parts.contains(value.sizes) : parts.allSatisfy { $0 == value.sizes }
      }
      guard isFixed || !alike.isEmpty else { return }
      let x = random.pick(alike.isEmpty ? values : alike)
      var inputs: [ValueID?] = [sequence, x.id], place = parts.count
      if isFixed, random.oneIn(2), !parts.isEmpty {
        place = random.int(0...(parts.count - 1))
        inputs.append(try position(place, of: parts.count))
      }
      sequence = try builder.node("SequenceInsert", inputs)
      parts.insert(x.sizes, at: place)
    }
  }

  private mutating func position(_ place: Int, of count: Int) throws(InfoldError) -> ValueID {
    try builder.constant(Tensor(scalar: Int64(random.oneIn(2) ? place : place - count)))
  }

  private mutating func use(_ sequence: ValueID, _ parts: [[Int]], isOpen: Bool) throws(InfoldError) {
    guard let first = parts.first else { return }
    let rank = first.count, isAlike = parts.allSatisfy { $0 == first }
    let free = (0..<rank).filter { axis in
      parts.allSatisfy { part in
        part.count == rank && part.indices.allSatisfy { $0 == axis || part[$0] == first[$0] }
      }
    }
    switch random.int(0...4) {
    case 0, 1:
      let place = random.int(0...(parts.count - 1))
      let isRunTime = isAlike && !isOpen && !computesSizes && !hasOpenSizes && random.oneIn(2) && parts.count > 1
      let id =
        isRunTime
        ? try decide(
          Tensor(scalar: Int64(place)), or: Tensor(scalar: Int64(random.int(-parts.count...(parts.count - 1)))))
        : try position(place, of: parts.count)
      declare(try builder.node("SequenceAt", [sequence, id]), parts[place])
    case 2:
      let count = try builder.node("SequenceLength", [sequence])
      builder.claim(count, TensorType(.int64, []))
      otherOutputs.append(count)
    case 3 where isAlike && rank < 5 && parts.count <= 16:
      let axis = random.int(0...rank)
      var sizes = first
      sizes.insert(parts.count, at: axis)
      declare(
        try builder.node(
          "ConcatFromSequence", [sequence], attributes: ["axis": .int(Int64(axis)), "new_axis": .int(1)]), sizes)
    default:
      guard let axis = free.randomElement(using: &random) else { return }
      var sizes = first
      sizes[axis] = parts.reduce(0) { $0 + $1[axis] }
      declare(
        try builder.node(
          "ConcatFromSequence", [sequence],
          attributes: ["axis": .int(Int64(random.oneIn(2) ? axis : axis - rank)), "new_axis": .int(0)]), sizes)
    }
  }

  /// Declares a tensor that a node computes from a sequence, because its type cannot be inferred otherwise. Lists and tensors without
  /// elements are not used further.
  private mutating func declare(_ id: ValueID, _ sizes: [Int]) {
    builder.claim(id, TensorType(.float32, Shape(sizes)))
    if sizes.count > 1, !sizes[1...].contains(0) { add(id, sizes) }
  }
}
