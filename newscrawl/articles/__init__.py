"""From copy to record: article flow, parse workers, merge of both versions, recrawl policy."""
