//! What errors mean: SG04xx.

mended! {
    sg0401_class_missing
    sg0401_class_missing_of_struct
    sg0402_class_twice
    sg0402_two_classes
    sg0403_class_of_enum
    sg0404_conclusive_in_doubt
    sg0404_retry_after_permanent
    sg0404_retry_after_type
    sg0404_retry_after_unknown
    sg0405_same_type
    sg0406_foreign
    sg0406_not_classified
    sg0406_text
    sg0407_foreign_question
    sg0407_foreign_question_own
    sg0407_option
    sg0408_union
    sg0409_saga_error_struct
    sg0410_error_unsaid
    sg0410_saga_error_unsaid
    sg0411_question_on_all
    sg0411_question_on_foreign
    sg0411_question_unconvertible
    sg0406_boxed
    sg0406_io
    sg0412_saga
    sg0413_from
    sg0414_none_conclusive
    sg0620_all
    sg0620_class
}
