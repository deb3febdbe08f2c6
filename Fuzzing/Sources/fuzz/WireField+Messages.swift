extension [WireField] {
  /// Calls `visit` with this message of type `type`, and every message in it.
  func forEachMessage(_ type: MessageType, _ visit: (MessageType, [WireField]) -> Void) {
    visit(type, self)
    for field in self {
      if case .message(let fields) = field.content, let nested = type.message(field.number) {
        fields.forEachMessage(nested, visit)
      }
    }
  }

  /// Calls `change` with this message of type `type`, and every message in it, until it returns
  /// true.
  @discardableResult
  mutating func withMessages(_ type: MessageType, _ change: (MessageType, inout [WireField]) -> Bool) -> Bool {
    if change(type, &self) { return true }
    for index in indices {
      guard case .message(var fields) = self[index].content, let nested = type.message(self[index].number) else {
        continue
      }
      if fields.withMessages(nested, change) {
        self[index].content = .message(fields)
        return true
      }
    }
    return false
  }

  /// Sets the content of the first field with this number, or adds one.
  mutating func set(_ number: Int, _ content: WireField.Content) {
    if let index = firstIndex(where: { $0.number == number }) {
      self[index].content = content
    } else {
      append(WireField(number: number, content: content))
    }
  }
}
