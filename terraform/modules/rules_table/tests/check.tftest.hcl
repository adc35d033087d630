# The program's own words for the same mistakes are in sleuth/src/tags/rules/table.rs.

run "every_mistake_names_its_rule" {
  command = plan

  module {
    source = "./check"
  }

  variables {
    rules = [
      { RuleId = "1", TagKey = "a", Required = "Y", Tagged = "maybe", OnViolations = "stop" },
      { RuleId = "1", TagKey = "b", Required = "Y", Action = "Update" },
      { RuleId = "x", TagKey = "c", Required = "N", Action = "Delete" },
      { TagKey = "d", Action = "Function", Default = "tomorrow" },
      { RuleId = "5", Required = "Y", Default = "x", States = "gone" },
      { RuleId = "6", TagKey = "f", Required = "Y", Action = "Update", Default = "C", Values = "A||B", Pattern = "[", Grace = "soon", Regions = "Ireland" },
      { RuleId = "7", TagKey = "g", Required = "N", IamUser = "perhaps" },
      { RuleId = "8", TagKey = "h", Required = "N" },
      { RuleId = "9", TagKey = "*", Required = "Y", Action = "Update", Default = "x" },
      { RuleId = "10", TagKey = "i", Required = "Y", Action = "UserLookup", Values = "Ops" },
      { RuleId = "11", TagKey = "I", Required = "Y", Action = "Update", Default = "x", OnViolation = "kill", Managed = "no" },
      { RuleId = "12", TagKey = "aws:x", Required = "Y", Action = "Update", Default = "x", Pattern = "[0-9]+" },
      { RuleId = "13", TagKey = "k", Required = "Y", Grace = "9000h", Vpcs = "vpc-1", Name = "(" },
      { RuleId = "14", TagKey = "l", Required = "Y", Action = "Function", Default = "today()+36501d" },
      { RuleId = "15", TagKey = "*", Required = "Y", Tagged = "Y" },
      { RuleId = "16", TagKey = "m", Required = "Y", Tagged = "N", Name = "web" },
    ]
  }

  assert {
    condition = join("\n", output.mistakes) == join("\n", [
      "rule 1: `OnViolations` is unknown: must be one of Action, Aliases, Default, Grace, IamUser, Managed, Name, OnViolation, Pattern, Regions, Required, RuleId, States, TagKey, Tagged, Values, Vpcs",
      "rule 1: `Tagged` must be `Y` or `N`, not `maybe`",
      "rule 1: `Default` is missing: the action `Update` sets it",
      "rule x: `RuleId` must be a whole number, not `x`",
      "rule x: `Action` must be `Update`, `UserLookup` or `Function`, not `Delete`",
      "rule without RuleId, number 4: `RuleId` must be a whole number, not ``",
      "rule without RuleId, number 4: `Required` is missing: it must be `Y` or `N`",
      "rule without RuleId, number 4: `Default` must be `today()` or `today()+30d` for the action `Function`, not `tomorrow`",
      "rule 5: `States` must be `pending`, `running`, `stopping` or `stopped`, not `gone`",
      "rule 5: `TagKey` must be a key of 1 to 128 characters, not ``",
      "rule 5: `Default` needs an `Action`: `Update`, `UserLookup` or `Function`",
      "rule 6: `Regions` names `Ireland`, which is no region; `eu-west-1` is one",
      "rule 6: `Pattern` is no regular expression: `[`",
      "rule 6: `A,,B` names something twice, or nothing",
      "rule 6: `Default` sets `C`, which is none of the allowed values",
      "rule 6: `Grace` must be minutes from 0 to 525600, or a text such as `90m`, `2h` or `3d`, not `soon`",
      "rule 7: `IamUser` must be `Y` or `N`, not `perhaps`",
      "rule 8: the rule can never be violated: the tag is not required, and every value is allowed",
      "rule 9: `Action` cannot be asked of `*`, which stands for any tag",
      "rule 10: `Default` sets `Undefined`, which is none of the allowed values",
      "rule 11: `OnViolation` must be `notify`, `stop` or `terminate`, not `kill`",
      "rule 11: `Managed` must be `notify` or `act`, not `no`",
      "rule 12: `Default` sets `x`, which does not match the pattern `[0-9]+`",
      "rule 12: `Action` cannot set `aws:x`: only AWS writes tags that begin with `aws:`",
      "rule 13: `Vpcs` names `vpc-1`, which is no id of a VPC; `vpc-` and 8 or 17 of 0-9 and a-f are one",
      "rule 13: `Name` is no regular expression: `(`",
      "rule 13: `Grace` must be minutes from 0 to 525600, or a text such as `90m`, `2h` or `3d`, not `9000h`",
      "rule 14: `Default` must be `today()` or `today()+30d` for the action `Function`, not `today()+36501d`",
      "rule 15: the rule can never be violated: every instance in its scope has a tag",
      "rule 16: `Tagged` is `N`, but the scope asks for tags: there is no such instance",
      "rule 1: `RuleId` names another rule already",
      "rule 11: `Action` sets the same tag as the rule 10, and an instance can be in the scope of both",
    ])
    error_message = join("\n", output.mistakes)
  }
}
