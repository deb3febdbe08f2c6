import CLibFuzzer
import InfoldTensor

/// Mutates a model such that most of it stays valid.
struct ModelMutator {
  private(set) var model: [WireField]
  var random: SplitMix64
  /// The domains of generated nodes.
  private var domains: Set<String> = []

  init(_ model: [WireField], _ random: SplitMix64) {
    (self.model, self.random) = (model, random)
  }

  /// Mutates one to four places of the model.
  mutating func mutate() {
    for _ in 0..<random.pick([1, 1, 1, 2, 2, 3, 4]) {
      switch random.int(0...19) {
      case 0...5: changeField()
      case 6, 7: changeList()
      case 8: splice(from: model)
      case 9...11: changeMessages(.node) { mutator, node in mutator.changeNode(&node) }
      case 12, 13: changeMessages(.graph) { mutator, graph in mutator.insertNode(into: &graph) }
      case 14, 15: changeMessages(.tensor) { mutator, tensor in mutator.changeTensor(&tensor) }
      case 16, 17: changeMessages(.attribute) { mutator, attribute in mutator.changeAttribute(&attribute) }
      case 18: changeMessages(.shape) { mutator, shape in mutator.changeShape(&shape) }
      default:
        changeMessages(.operatorSet) { mutator, set in set.set(2, .varint(UInt64(mutator.random.int(1...29)))) }
      }
    }
    importDomains()
  }

  /// Inserts a message of `other`, or replaces a message of the same type by it.
  mutating func splice(from other: [WireField]) {
    var messages: [(type: MessageType, fields: [WireField])] = []
    other.forEachMessage(.model) { type, fields in messages.append((type, fields)) }
    let (type, fields) = random.pick(messages)
    guard type != .model else { return changeField() }
    if random.oneIn(2) {
      changeMessages(type) { _, message in message = fields }
    } else {
      changeParent(of: type) { mutator, parent, number in
        parent.insert(WireField(number: number, content: .message(fields)), at: mutator.random.int(0...parent.count))
      }
    }
  }
}

// MARK: Places

extension ModelMutator {
  /// Changes one message of a type, if there is any.
  private mutating func changeMessages(
    _ type: MessageType, _ change: (inout ModelMutator, inout [WireField]) -> Void
  ) {
    var count = 0
    model.forEachMessage(.model) { found, _ in if found == type { count += 1 } }
    guard count > 0 else { return }
    var remaining = random.int(0...(count - 1))
    var copy = model
    copy.withMessages(.model) { found, fields in
      guard found == type else { return false }
      remaining -= 1
      guard remaining < 0 else { return false }
      change(&self, &fields)
      return true
    }
    model = copy
  }

  /// Changes a message that may contain messages of a type, given the number of their field.
  private mutating func changeParent(
    of type: MessageType, _ change: (inout ModelMutator, inout [WireField], Int) -> Void
  ) {
    var parents: [(MessageType, Int)] = []
    model.forEachMessage(.model) { parent, _ in
      for number in 1...26 where parent.message(number) == type { parents.append((parent, number)) }
    }
    guard !parents.isEmpty else { return }
    let (parent, number) = random.pick(parents)
    changeMessages(parent) { mutator, fields in change(&mutator, &fields, number) }
  }

  /// Changes any field that is not a message.
  private mutating func changeField() {
    var count = 0
    model.forEachMessage(.model) { _, fields in count += fields.count }
    guard count > 0 else { return }
    var remaining = random.int(0...(count - 1))
    var copy = model
    copy.withMessages(.model) { _, fields in
      guard remaining < fields.count else {
        remaining -= fields.count
        return false
      }
      changeContent(&fields[remaining])
      return true
    }
    model = copy
  }

  /// Repeats, removes, moves or renumbers a field.
  private mutating func changeList() {
    var types: [MessageType] = []
    model.forEachMessage(.model) { type, fields in if !fields.isEmpty { types.append(type) } }
    guard !types.isEmpty else { return }
    changeMessages(random.pick(types)) { mutator, fields in
      guard !fields.isEmpty else { return }
      let index = mutator.random.int(0...(fields.count - 1))
      switch mutator.random.int(0...3) {
      case 0: fields.insert(fields[index], at: mutator.random.int(0...fields.count))
      case 1: fields.remove(at: index)
      case 2: fields.swapAt(index, mutator.random.int(0...(fields.count - 1)))
      default: fields[index].number = mutator.random.int(1...26)
      }
    }
  }
}

// MARK: Contents

extension ModelMutator {
  private mutating func number(near old: UInt64 = 0) -> UInt64 {
    switch random.int(0...4) {
    case 0: old &+ 1
    case 1: old &- 1
    case 2: UInt64(random.int(0...28))
    default: UInt64(bitPattern: random.pick(Vocabulary.numbers))
    }
  }

  private mutating func changeContent(_ field: inout WireField) {
    switch field.content {
    case .varint(let old): field.content = .varint(number(near: old))
    case .fixed32: field.content = .fixed32(random.pick(Vocabulary.floats).bitPattern)
    case .fixed64: field.content = .fixed64(Double(random.pick(Vocabulary.floats)).bitPattern)
    case .bytes(let old): field.content = .bytes(changed(old))
    case .message: break
    }
  }

  private mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
    switch random.int(0...5) {
    case 0, 1: name()
    case 2: Array(random.pick(Vocabulary.strings).utf8)
    default: bytewise(bytes)
    }
  }

  /// Mutates bytes with libFuzzer.
  private mutating func bytewise(_ bytes: [UInt8]) -> [UInt8] {
    let maximum = bytes.count + 8
    return [UInt8](unsafeUninitializedCapacity: maximum) { buffer, count in
      _ = buffer.initialize(fromContentsOf: bytes)
      buffer[bytes.count...].initialize(repeating: 0)
      count = LLVMFuzzerMutate(buffer.baseAddress!, bytes.count, maximum)
    }
  }

  /// The name of a value, usually an existing one.
  private mutating func name() -> [UInt8] {
    var names: [[UInt8]] = [[], Array("?".utf8)]
    model.forEachMessage(.model) { type, fields in
      let numbers: Set<Int> =
        switch type {
        case .node: [1, 2]
        case .valueInfo: [1]
        case .tensor: [8]
        default: []
        }
      for case .bytes(let bytes) in fields.lazy.filter({ numbers.contains($0.number) }).map(\.content) {
        names.append(bytes)
      }
    }
    return random.pick(names)
  }

  private mutating func changeNode(_ node: inout [WireField]) {
    switch random.int(0...5) {
    case 0: setOperator(of: &node)
    case 1, 2:
      let place = random.int(0...node.count)
      node.insert(WireField(number: 5, content: .message(attribute())), at: place)
    case 3: node.append(WireField(number: 1, content: .bytes(name())))
    case 4: node.append(WireField(number: 2, content: .bytes(Array("new\(random.int(0...9))".utf8))))
    default:
      let inputs = node.indices.filter { node[$0].number == 1 }
      guard !inputs.isEmpty else { return }
      node[random.pick(inputs)].content = .bytes(name())
    }
  }

  /// Sets the operator of a node, with its domain.
  private mutating func setOperator(of node: inout [WireField]) {
    let (name, domain) = random.pick(Vocabulary.operators)
    node.set(4, .bytes(Array(name.utf8)))
    node.removeAll { $0.number == 7 }
    guard !domain.isEmpty else { return }
    node.append(WireField(number: 7, content: .bytes(Array(domain.utf8))))
    domains.insert(domain)
  }

  /// Adds opset imports for generated nodes whose domains the model does not import.
  private mutating func importDomains() {
    var known: Set<[UInt8]> = []
    model.forEachMessage(.model) { type, fields in
      guard type == .operatorSet else { return }
      for case .bytes(let name) in fields.lazy.filter({ $0.number == 1 }).map(\.content) { known.insert(name) }
    }
    for domain in domains.sorted() where !known.contains(Array(domain.utf8)) {
      let name = WireField(number: 1, content: .bytes(Array(domain.utf8)))
      model.append(WireField(number: 8, content: .message([name, WireField(number: 2, content: .varint(1))])))
    }
  }

  /// Inserts a new node after an existing one. Consumers of its output then read the output of the
  /// new node.
  private mutating func insertNode(into graph: inout [WireField]) {
    let nodes = graph.indices.filter { graph[$0].number == 1 }
    guard !nodes.isEmpty else { return }
    let place = random.pick(nodes)
    guard case .message(var node) = graph[place].content, let output = node.firstIndex(where: { $0.number == 2 }) else {
      return
    }
    let inner = WireField.Content.bytes(Array("inner\(random.int(0...999))".utf8))
    var added = [WireField(number: 1, content: inner)]
    for _ in 0..<random.int(0...2) { added.append(WireField(number: 1, content: .bytes(name()))) }
    added.append(node[output])
    setOperator(of: &added)
    if random.oneIn(3) { added.append(WireField(number: 5, content: .message(attribute()))) }
    node[output].content = inner
    graph[place].content = .message(node)
    graph.insert(WireField(number: 1, content: .message(added)), at: place + 1)
  }

  /// An attribute of integers, floats or strings, or of a single one.
  private mutating func attribute() -> [WireField] {
    var fields = [WireField(number: 1, content: .bytes(Array(random.pick(Vocabulary.attributes).utf8)))]
    func add(_ number: Int, _ content: WireField.Content) { fields.append(WireField(number: number, content: content)) }
    let count = random.int(1...4)
    switch random.int(0...6) {
    case 5:
      for _ in 0..<count { add(7, .fixed32(random.pick(Vocabulary.floats).bitPattern)) }
      add(20, .varint(6))
    case 6:
      for _ in 0..<count { add(9, .bytes(Array(random.pick(Vocabulary.strings).utf8))) }
      add(20, .varint(8))
    case 0:
      add(2, .fixed32(random.pick(Vocabulary.floats).bitPattern))
      add(20, .varint(1))
    case 1:
      add(4, .bytes(Array(random.pick(Vocabulary.strings).utf8)))
      add(20, .varint(3))
    case 2, 3:
      for _ in 0..<count { add(8, .varint(random.oneIn(3) ? number() : UInt64(random.int(0...3)))) }
      add(20, .varint(7))
    default:
      add(3, .varint(random.oneIn(2) ? number() : UInt64(random.int(0...3))))
      add(20, .varint(2))
    }
    return fields
  }

  private mutating func changeAttribute(_ attribute: inout [WireField]) {
    if random.oneIn(4) {
      attribute.set(1, .bytes(Array(random.pick(Vocabulary.attributes).utf8)))
      return
    }
    let values = attribute.indices.filter { [2, 3, 4, 7, 8].contains(attribute[$0].number) }
    guard !values.isEmpty else { return attribute = self.attribute() }
    let place = random.pick(values)
    switch attribute[place].content {
    case .bytes: attribute[place].content = .bytes(Array(random.pick(Vocabulary.strings).utf8))
    default: changeContent(&attribute[place])
    }
    if random.oneIn(4) { attribute.insert(attribute[place], at: place) }
  }

  /// Changes the shape or type of a tensor, with data of matching size.
  private mutating func changeTensor(_ tensor: inout [WireField]) {
    let types: [(number: UInt64, size: Int)] = [
      (1, 4), (1, 4), (7, 8), (7, 8), (6, 4), (9, 1), (10, 2), (11, 8), (2, 1), (3, 1), (16, 2), (13, 8), (22, 1),
    ]
    var dims: [UInt64] = tensor.filter { $0.number == 1 }.compactMap {
      if case .varint(let value) = $0.content { value } else { nil }
    }
    if random.oneIn(2) || dims.contains(where: { $0 > 64 }) {
      dims = (0..<random.int(0...5)).map { _ in UInt64(random.pick([0, 1, 1, 2, 3, 4, 8, 17])) }
    } else if !dims.isEmpty {
      dims[random.int(0...(dims.count - 1))] = UInt64(random.int(0...20))
    }
    let count = dims.reduce(1) { min($0 * Int($1), 1 << 12) }
    let type = random.pick(types)
    var data = (0..<(count * type.size)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    if type.number == 1 || type.number == 7 {
      data = []
      for _ in 0..<count {
        let bits =
          type.number == 7
          ? UInt64(bitPattern: random.oneIn(8) ? random.pick(Vocabulary.numbers) : Int64(random.int(-2...5)))
          : UInt64((random.oneIn(8) ? random.pick(Vocabulary.floats) : Float(random.int(-8...8)) / 4).bitPattern)
        for byte in 0..<type.size { data.append(UInt8(truncatingIfNeeded: bits >> (8 * UInt64(byte)))) }
      }
    }
    tensor.removeAll { [1, 2, 4, 5, 6, 7, 9, 10, 11].contains($0.number) }
    tensor += dims.map { WireField(number: 1, content: .varint($0)) }
    tensor.append(WireField(number: 2, content: .varint(type.number)))
    tensor.append(WireField(number: 9, content: .bytes(data)))
  }

  private mutating func changeShape(_ shape: inout [WireField]) {
    let place = random.int(0...shape.count)
    let size: WireField.Content =
      random.oneIn(4)
      ? .bytes(Array(random.pick(["N", "H", "W", "?"]).utf8))
      : .varint(random.oneIn(4) ? number() : UInt64(random.int(1...9)))
    let number = if case .bytes = size { 2 } else { 1 }
    let dimension = WireField(number: 1, content: .message([WireField(number: number, content: size)]))
    if place < shape.count, !random.oneIn(4) {
      shape[place] = dimension
    } else {
      shape.insert(dimension, at: place)
    }
  }
}
