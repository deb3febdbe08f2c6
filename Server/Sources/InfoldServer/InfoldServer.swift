@_exported public import InfoldServing
