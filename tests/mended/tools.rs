//! Steps as tools of language models: SG11xx.

mended! {
    sg1101_tool_undescribed
    sg1102_tool_that_undoes
    sg1103_tool_gives_no_schema
    sg1103_tool_takes_no_schema
    sg1104_no_tool_offered
    sg1105_tool_name
}
